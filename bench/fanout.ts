import { measureFanout } from './parts/fanout.ts';
import { round } from './parts/measure.ts';

/** One post to 3,000 servers over plain http, no kept connections: CPU per delivery of ours / the bound. */
export async function run(): Promise<Record<string, number>> {
  const { cpu, rate } = await measureFanout('http', 3);
  const numbers = {
    ratio: round(cpu.first / cpu.bound, 2),
    per_second: round(rate.first),
    cpu_ms: round(cpu.first, 3),
    bound_cpu_ms: round(cpu.bound, 3),
  };
  console.log(JSON.stringify(numbers));
  return numbers;
}
