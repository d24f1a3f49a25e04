import { measureFanout } from './parts/fanout.ts';
import { round } from './parts/measure.ts';

/**
 * One post to 3,000 servers over https with full handshakes, all against the bound's first: ours; a second post at once; a second post after the servers
 * have closed what was idle.
 */
export async function run(): Promise<Record<string, number>> {
  const { cpu, rate } = await measureFanout('https', 2);
  const numbers = {
    ratio: round(cpu.first / cpu.bound, 2),
    second: round(cpu.second / cpu.bound, 2),
    second_closed: round(cpu.closed / cpu.bound, 2),
    per_second: round(rate.first),
    cpu_ms: round(cpu.first, 3),
    bound_cpu_ms: round(cpu.bound, 3),
  };
  console.log(JSON.stringify(numbers));
  return numbers;
}
