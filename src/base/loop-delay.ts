import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Clock } from './clock.ts';

/** Nobody has asked for so long: the measuring, a timer every 10 ms, ends. */
const idleMs = 5_000;
const resolutionMs = 10;

/**
 * How late this thread's event loop is, milliseconds, as the worst of the last time it was asked. Measures only while somebody asks: idle is free.
 */
export function measureLoopDelay(clock: Clock): () => number {
  let histogram: ReturnType<typeof monitorEventLoopDelay> | undefined;
  let cancel: (() => void) | undefined;
  return () => {
    cancel?.();
    cancel = clock.after(idleMs, () => {
      histogram?.disable();
      histogram = undefined;
    });
    if (!histogram) {
      histogram = monitorEventLoopDelay({ resolution: resolutionMs });
      histogram.enable();
      return 0;
    }
    const worstMs = histogram.max / 1e6 - resolutionMs;
    histogram.reset();
    return Math.max(0, worstMs);
  };
}
