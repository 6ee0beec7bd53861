import type { Contender } from '../contenders/contender.js';
import type { Run } from '../measure.js';

/** The runs by name of those contenders that can do a workload. */
export function forEach(
  contenders: readonly Contender[],
  runOf: (contender: Contender) => (() => Promise<Run>) | undefined,
): Record<string, () => Promise<Run>> {
  const runs: Record<string, () => Promise<Run>> = {};
  for (const contender of contenders) {
    const run = runOf(contender);
    if (run !== undefined) runs[contender.name] = run;
  }
  return runs;
}
