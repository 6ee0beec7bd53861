import { setTimeout as delay } from 'node:timers/promises';

/** The result of one run of one contender. */
export interface Run {
  /** Number of units of the workload, such as commits. */
  readonly count: number;
  /** Duration of each operation, in milliseconds; absent where it is not needed. */
  readonly latencies?: readonly number[];
  /** Duration in seconds; absent where the whole run counts. */
  readonly seconds?: number;
  /** Peak resident memory in MB of the process that ran it; absent where that was the benchmark's own. */
  readonly memory?: number;
  /** Further figures, such as retries. */
  readonly figures?: Readonly<Record<string, number>>;
}

/** A task that every contender does in the same run. */
export interface Workload {
  /** Such as `W1`. */
  readonly id: string;
  readonly title: string;
  /** The unit of rates, such as `commits/s`. */
  readonly unit: string;
  /** The contenders by name; `maestro` is the one that the others are compared with. */
  readonly contenders: Readonly<Record<string, () => Promise<Run>>>;
  /** The contenders of which the best is the floor. @defaultValue `raw pg` */
  readonly floors?: readonly string[];
  /** Goal for the ratio to the floor. */
  readonly goal?: number;
  /** Smaller is better: the rates are times. @defaultValue false */
  readonly isTime?: boolean;
}

/** Median, minimum and maximum of several numbers. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** The figures of one contender in one workload, over all turns. */
export interface Outcome {
  /** Units per second, or seconds per unit for a workload of times. */
  readonly rate: Spread;
  /** Milliseconds per operation; absent where they were not taken. */
  readonly p50: number | undefined;
  readonly p99: number | undefined;
  /** Peak resident memory in MB of the process that ran it; NaN where it was not measured. */
  readonly peakMemory: number;
  /** Medians of further figures. */
  readonly figures: Readonly<Record<string, number>>;
  /** Maestro's rate divided by this contender's, turn by turn. */
  readonly ratio: Spread;
}

/** A workload with the figures of all contenders. */
export interface Measured {
  readonly workload: Omit<Workload, 'contenders'>;
  readonly outcomes: Readonly<Record<string, Outcome>>;
}

interface Taken extends Run {
  readonly rate: number;
  readonly memory: number;
}

/**
 * Runs every contender of a workload in turns, each turn in another order, after one turn that only warms up connections,
 * prepared statements and the compiler.
 */
export async function measure({ contenders, ...workload }: Workload, repeat: number): Promise<Measured> {
  const names = Object.keys(contenders);
  const taken = new Map<string, Taken[]>(names.map((name) => [name, []]));
  for (let turn = 0; turn <= repeat; turn += 1)
    for (const name of rotated(names, turn)) {
      const run = await take(contenders[name] as () => Promise<Run>, workload.isTime);
      if (turn > 0) taken.get(name)?.push(run);
    }
  const ours = taken.get('maestro') ?? [];
  const outcomes = names.map((name) => [name, outcomeOf(taken.get(name) ?? [], ours)] as const);
  return { workload, outcomes: Object.fromEntries(outcomes) };
}

async function take(work: () => Promise<Run>, isTime = false): Promise<Taken> {
  // What the run before has left behind is its own.
  globalThis.gc?.();
  await delay(50);
  let memory = process.memoryUsage.rss();
  const sampler = setInterval(() => (memory = Math.max(memory, process.memoryUsage.rss())), 20);
  const start = performance.now();
  const run = await work();
  const seconds = run.seconds ?? (performance.now() - start) / 1000;
  clearInterval(sampler);
  memory = Math.max(memory, process.memoryUsage.rss());
  return {
    ...run,
    rate: isTime ? seconds / run.count : run.count / seconds,
    memory: run.memory ?? memory / 2 ** 20,
  };
}

function outcomeOf(runs: readonly Taken[], ours: readonly Taken[]): Outcome {
  const latencies = runs.flatMap((run) => run.latencies ?? []).sort((a, b) => a - b);
  const names = Object.keys(runs[0]?.figures ?? {});
  const figures = names.map((name) => [name, spread(runs.map((run) => run.figures?.[name] ?? 0)).median] as const);
  return {
    rate: spread(runs.map(({ rate }) => rate)),
    p50: latencies[Math.floor(latencies.length * 0.5)],
    p99: latencies[Math.floor(latencies.length * 0.99)],
    peakMemory: Math.max(...runs.map(({ memory }) => memory)),
    figures: Object.fromEntries(figures),
    ratio: spread(runs.map(({ rate }, turn) => (ours[turn]?.rate ?? Number.NaN) / rate)),
  };
}

function rotated(names: readonly string[], turn: number): string[] {
  const at = turn % names.length;
  const order = [...names.slice(at), ...names.slice(0, at)];
  return turn % 2 === 0 ? order : order.reverse();
}

/** Median, minimum and maximum. */
export function spread(numbers: readonly number[]): Spread {
  const sorted = [...numbers].sort((a, b) => a - b);
  const [middle = Number.NaN, other = Number.NaN] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  return { median: (middle + other) / 2, min: sorted[0] ?? Number.NaN, max: sorted.at(-1) ?? Number.NaN };
}
