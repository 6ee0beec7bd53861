import type { Run } from './measure.js';

/** Runs `count` operations one after the other. */
export async function sequentially(count: number, operation: (index: number) => Promise<unknown>): Promise<Run> {
  const latencies = new Float64Array(count);
  for (let index = 0; index < count; index += 1) {
    const start = performance.now();
    await operation(index);
    latencies[index] = performance.now() - start;
  }
  return { count, latencies: [...latencies] };
}

/** Runs `count` operations of each of several callers at the same time. */
export async function concurrently(
  callers: number,
  count: number,
  operation: (caller: number, index: number) => Promise<unknown>,
): Promise<Run> {
  const runs = await Promise.all(
    Array.from({ length: callers }, (_, caller) => sequentially(count, (index) => operation(caller, index))),
  );
  return { count: callers * count, latencies: runs.flatMap(({ latencies = [] }) => [...latencies]) };
}

/** The same run counted in another unit, such as events instead of commits. */
export function counting(run: Run, unitsPerOperation: number): Run {
  return { ...run, count: run.count * unitsPerOperation };
}

/** Throws when an operation that the workload relies on failed. */
export function assertDone(done: boolean): void {
  if (!done) throw new Error('A commit was refused that nobody was in the way of.');
}
