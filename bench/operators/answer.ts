import { openDatabase } from '../../src/connection/open-database.js';
import type { Taken } from '../built-command.js';
import { type Spread, spread } from '../measure.js';
import { type BenchServer, SCHEMAS } from './bench-server.js';
import type { Limit, Question } from './questions.js';

/** Most memory that a command may take, in MB. */
const MOST_MEMORY = 150;
/** Most times that a command may take on partitions of what it takes on the plain layout. */
const MOST_BESIDE_PLAIN = 1.5;

/** The times and the memory that a question took. */
export interface Answered {
  /** Seconds of the command, and of the plain SQL. */
  readonly ours: Spread;
  readonly plain: Spread;
  /** Ratio of the two in each turn. */
  readonly ratio: Spread;
  /** Peak memory in MB. */
  readonly memory: number;
}

/** Asks a question several times, each time both ways. */
export async function answer(server: BenchServer, question: Question, turns: number): Promise<Answered> {
  const runs: (Taken & { readonly plain: number })[] = [];
  for (let turn = 0; turn < turns; turn += 1) {
    await question.before?.();
    const ours = await ask(server, question);
    await question.before?.();
    const { plain } = question;
    const { seconds } = await timed(() => (typeof plain === 'string' ? server.query(plain) : plain()));
    runs.push({ ...ours, plain: seconds });
  }
  return {
    ours: spread(runs.map(({ seconds }) => seconds)),
    plain: spread(runs.map(({ plain }) => plain)),
    ratio: spread(runs.map(({ seconds, plain }) => seconds / plain)),
    memory: Math.max(...runs.map(({ memory }) => memory)),
  };
}

async function ask(server: BenchServer, { argv, inProgram, schema = SCHEMAS.large, answersUpTo = 0 }: Question) {
  if (inProgram === undefined) return await server.run(argv, schema, { answersUpTo });
  const log = await openDatabase({ url: server.url, schema });
  await log.knex.raw('SELECT 1');
  const taken = await timed(() => inProgram(log));
  await log.close();
  return taken;
}

async function timed(work: () => Promise<unknown>): Promise<Taken> {
  const start = performance.now();
  await work();
  return { seconds: (performance.now() - start) / 1000, memory: process.memoryUsage.rss() / 2 ** 20 };
}

/** The head of a table. */
export function heading(about: { events: number; partitions: number; isBeside: boolean }): string {
  const layout = about.partitions === 1 ? 'plain layout' : `${about.partitions} partitions`;
  const columns = ['command', 'Maestro, s', 'plain SQL, s', 'ratio', 'limit', 'MB'];
  if (about.isBeside) columns.push('÷ plain layout');
  return `\n${about.events.toLocaleString('en')} events, ${layout}:\n\n| ${columns.join(' | ')} |\n|${' --- |'.repeat(columns.length)}`;
}

/** A line of it: medians, with least and most, and whether the limits hold. */
export function line(
  { name, limit, inProgram }: Question,
  { ours, plain, ratio, memory }: Answered,
  { events, plain: onPlain }: { readonly events: number; readonly plain: Answered | undefined },
): string {
  const cells = [
    name,
    spreadText(ours),
    spreadText(plain),
    ratio.median.toFixed(2),
    limit === undefined ? '' : `${limitText(limit)} ${mark(holds(limit, { ours, ratio }, events))}`,
    inProgram === undefined ? `${memory.toFixed(0)} ${mark(memory <= MOST_MEMORY)}` : '',
  ];
  if (onPlain !== undefined) {
    const beside = ours.median / onPlain.ours.median;
    cells.push(`${beside.toFixed(2)} ${mark(beside <= MOST_BESIDE_PLAIN)}`);
  }
  return `| ${cells.join(' | ')} |`;
}

function holds(limit: Limit, { ours, ratio }: Pick<Answered, 'ours' | 'ratio'>, events: number): boolean {
  const { ratio: times = 0, seconds = 0, rate = Number.POSITIVE_INFINITY } = limit;
  return ratio.median <= times || ours.median <= seconds || events / ours.median >= rate;
}

function limitText({ ratio, seconds, rate }: Limit): string {
  const texts = [
    ratio === undefined ? [] : [`≤ ${ratio} ×`],
    seconds === undefined ? [] : [`≤ ${seconds * 1000} ms`],
    rate === undefined ? [] : [`≥ ${rate.toLocaleString('en')} events/s`],
  ];
  return texts.flat().join(' or ');
}

function spreadText({ median, min, max }: Spread): string {
  const digits = (seconds: number) => seconds.toPrecision(3);
  return `${digits(median)} (${digits(min)}–${digits(max)})`;
}

function mark(isHeld: boolean): string {
  return isHeld ? '✓' : '✗';
}
