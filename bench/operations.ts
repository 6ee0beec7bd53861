import type { Run } from './measure.js';

/** So many operations, one after the other. */
export async function sequentially(count: number, operation: (index: number) => Promise<unknown>): Promise<Run> {
  const latencies = new Float64Array(count);
  for (let index = 0; index < count; index += 1) {
    const start = performance.now();
    await operation(index);
    latencies[index] = performance.now() - start;
  }
  return { count, latencies: [...latencies] };
}

/** So many operations of each of some callers that work at the same time. */
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

/** The same run, counted in other units: events instead of commits, say. */
export function counting(run: Run, unitsPerOperation: number): Run {
  return { ...run, count: run.count * unitsPerOperation };
}

/** Throws when an operation did not do what the workload takes for granted. */
export function assertDone(done: boolean): void {
  if (!done) throw new Error('A commit was refused that nobody was in the way of.');
}
