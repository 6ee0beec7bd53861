import type { Measured, Outcome, Spread } from './measure.js';

/** The floor of a workload: the best of its floor contenders. */
export function floorOf({ workload, outcomes }: Measured): Outcome | undefined {
  const floors = (workload.floors ?? ['raw pg']).flatMap((name) => outcomes[name] ?? []);
  const better = (a: Outcome, b: Outcome) =>
    workload.isTime ? a.rate.median < b.rate.median : a.rate.median > b.rate.median;
  return floors.reduce<Outcome | undefined>(
    (best, one) => (best === undefined || better(one, best) ? one : best),
    undefined,
  );
}

/** True when the goal was reached; `undefined` without a goal. */
export function isReached(measured: Measured): boolean | undefined {
  const { goal, isTime } = measured.workload;
  const ratio = floorOf(measured)?.ratio.median;
  if (goal === undefined || ratio === undefined) return undefined;
  return isTime ? ratio <= goal : ratio >= goal;
}

/** A workload as text, with a line for each contender. */
export function reportText(measured: Measured): string {
  const { workload, outcomes } = measured;
  const lines = Object.entries(outcomes).map(([name, outcome]) => {
    const latency =
      outcome.p50 === undefined ? '' : `  p50 ${milliseconds(outcome.p50)}  p99 ${milliseconds(outcome.p99)}`;
    const figures = Object.entries(outcome.figures)
      .map(([figure, value]) => `  ${figure} ${number(value)}`)
      .join('');
    const memory = Number.isNaN(outcome.peakMemory) ? '' : `  ${Math.round(outcome.peakMemory)} MB`;
    const ratio = name === 'maestro' ? '' : `  maestro is ${ratioText(outcome.ratio)} of it`;
    return `  ${name.padEnd(10)}  ${rateText(outcome.rate)}${latency}${figures}${memory}${ratio}`;
  });
  const reached = isReached(measured);
  const verdict = reached === undefined ? '' : `  goal ${workload.goal}: ${reached ? 'reached' : 'missed'}`;
  return `${workload.id}  ${workload.title}, ${workload.unit}${verdict}\n${lines.join('\n')}`;
}

/** All workloads as a Markdown table, with a column for each contender. */
export function reportTable(all: readonly Measured[]): string {
  const names = ['maestro', 'raw pg', 'knex', 'emmett'];
  const rows = all.map((measured) => {
    const { workload, outcomes } = measured;
    const cells = names.map((name) => {
      const outcome = outcomes[name] ?? (name === 'raw pg' ? floorOf(measured) : undefined);
      return outcome === undefined ? '–' : rateText(outcome.rate);
    });
    const floor = floorOf(measured);
    const goal =
      workload.goal === undefined
        ? ''
        : `${workload.isTime ? '≤' : '≥'} ${workload.goal} ${isReached(measured) ? '✓' : '✗'}`;
    const { maestro } = outcomes;
    const latency = maestro?.p50 === undefined ? '' : `${number(maestro.p50)} / ${number(maestro.p99 ?? maestro.p50)}`;
    const memory = maestro === undefined || Number.isNaN(maestro.peakMemory) ? '' : Math.round(maestro.peakMemory);
    const ratio = floor === undefined ? '' : ratioText(floor.ratio);
    return `| ${workload.id} | ${workload.unit} | ${cells.join(' | ')} | ${ratio} | ${goal} | ${latency} | ${memory} |`;
  });
  return `| workload | unit | Maestro | floor | naive Knex | Emmett | Maestro ÷ floor | goal | p50 / p99, ms | memory, MB |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
${rows.join('\n')}`;
}

function rateText({ median, min, max }: Spread): string {
  return `${number(median)} (${number(min)}–${number(max)})`;
}

function ratioText({ median, min, max }: Spread): string {
  return `${median.toFixed(2)} (${min.toFixed(2)}–${max.toFixed(2)})`;
}

function number(value: number): string {
  return value === 0 ? '0' : value < 10 ? value.toPrecision(3) : Math.round(value).toLocaleString('en');
}

function milliseconds(value: number | undefined): string {
  return `${value?.toFixed(2)} ms`;
}

/** A Markdown table of the floor's own loss on a large log, and of the server's additional work; empty if not measured. */
export function floorTable(all: readonly Measured[]): string {
  const rows = all.flatMap((large) => {
    const [, log, id] = /^([GP]1) (.*)$/.exec(large.workload.id) ?? [];
    const empty = all.find(({ workload }) => workload.id === id);
    const [before, after] = [empty?.outcomes['raw pg'], large.outcomes['raw pg']];
    if (empty === undefined || before === undefined || after === undefined) return [];
    const change = (name: string) => {
      const [from, to] = [before.figures[name], after.figures[name]];
      return from === undefined || to === undefined ? '–' : `${number(from)} → ${number(to)}`;
    };
    const part = (after.rate.median / before.rate.median).toFixed(2);
    const ours = [empty, large].map((measured) => floorOf(measured)?.ratio.median.toFixed(2)).join(' → ');
    const work = ['WAL bytes', 'whole pages', 'pages read'].map(change).join(' | ');
    return [`| ${log} ${id} | ${part} | ${work} | ${ours} |`];
  });
  return rows.length === 0
    ? ''
    : `| workload | floor ÷ floor on an empty log | WAL bytes each | whole pages each | pages read each | Maestro ÷ floor |
| --- | --- | --- | --- | --- | --- |
${rows.join('\n')}`;
}
