/** Something to measure: ours and the floor it is compared with, on the same server. */
export interface Workload {
  readonly name: string;
  /** What is counted, such as `commands/s`. */
  readonly unit: string;
  /** How many of it one run does. */
  readonly count: number;
  /** May give further figures of the run. */
  readonly ours: () => Promise<Figures | void>;
  readonly floor: () => Promise<Figures | void>;
}

type Figures = Readonly<Record<string, number>>;

/** The runs of one side. */
interface Side {
  readonly rates: number[];
  readonly figures: Figures[];
}

/** Runs each workload in turns with its floor, the order changing from turn to turn, and prints medians and ratios. */
export async function measureSideBySide(
  workloads: readonly Workload[],
  { repeat, json }: { readonly repeat: number; readonly json: boolean },
): Promise<void> {
  for (const workload of workloads) {
    const ours: Side = { rates: [], figures: [] };
    const floor: Side = { rates: [], figures: [] };
    const run = async (side: Side, work: Workload['ours']) => {
      const start = performance.now();
      const figures = await work();
      side.rates.push(workload.count / ((performance.now() - start) / 1000));
      if (figures !== undefined) side.figures.push(figures);
    };
    // The first turn warms up: connections, prepared statements, the compiler.
    for (let turn = 0; turn <= repeat; turn += 1) {
      const turns = [() => run(ours, workload.ours), () => run(floor, workload.floor)];
      for (const next of turn % 2 === 0 ? turns : turns.reverse()) await next();
      if (turn === 0) for (const side of [ours, floor]) [side.rates.length, side.figures.length] = [0, 0];
    }
    print(workload, ours, floor, json);
  }
}

function print({ name, unit }: Workload, ours: Side, floor: Side, json: boolean): void {
  const ratios = ours.rates.map((rate, index) => rate / (floor.rates[index] ?? Number.NaN));
  const result = { name, unit, ours: summary(ours), floor: summary(floor), ratio: spread(ratios) };
  if (json) return console.log(JSON.stringify(result));
  const side = ({ median, min, max, ...figures }: Record<string, number>) =>
    `${round(median)} (${round(min)}–${round(max)})${Object.entries(figures)
      .map(([figure, value]) => `, ${figure} ${round(value)}`)
      .join('')}`;
  console.log(`${name}, ${unit}
  maestro  ${side(result.ours)}
  raw pg   ${side(result.floor)}
  ratio    ${result.ratio.median.toFixed(2)} (${result.ratio.min.toFixed(2)}–${result.ratio.max.toFixed(2)})`);
}

/** Median and spread of the rates, and the medians of the other figures. */
function summary({ rates, figures }: Side): ReturnType<typeof spread> & Record<string, number> {
  const names = Object.keys(figures[0] ?? {});
  const medians = names.map((name) => [name, spread(figures.map((one) => one[name] ?? Number.NaN)).median]);
  return { ...spread(rates), ...(Object.fromEntries(medians) as Figures) };
}

function spread(numbers: readonly number[]): { median: number; min: number; max: number } {
  const sorted = [...numbers].sort((a, b) => a - b);
  const [middle, other] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  return { median: ((middle ?? 0) + (other ?? 0)) / 2, min: sorted[0] ?? 0, max: sorted.at(-1) ?? 0 };
}

function round(value: number | undefined): string {
  return Math.round(value ?? Number.NaN).toLocaleString('en');
}
