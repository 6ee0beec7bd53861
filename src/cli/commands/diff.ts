import { type Command, InvalidArgumentError } from 'commander';
import { IncompleteHistoryError } from '../../aggregate/errors.js';
import type { StateAt } from '../../aggregate/state-at.js';
import type { StoredEvent } from '../../events.js';
import type { Timestamp } from '../../hlc/timestamp.js';
import type { Change } from '../../json/diff.js';
import { sequenceOrZero } from '../input/arguments.js';
import type { CliContext } from '../context.js';
import { NotFoundError } from '../errors.js';
import { FOUND } from '../exit-codes.js';
import { mayBeBefore, missingEvent, missingWithin } from '../fold/missing-events.js';
import { notes } from '../input/time-options.js';
import { notATime } from '../input/time/read-time.js';
import { listed, map } from '../output/iterate.js';
import type { Output } from '../output/output.js';
import { createSession, type Session } from '../session.js';
import { pointInTime } from '../input/time-argument.js';
import { assertNotTheId, parseTimeBound } from '../input/time-bound.js';
import { warnOfClocks } from '../output/warn-of-clocks.js';
import { type OpenHistory, withFolding } from '../fold/with-folding.js';
import { type IdArgument, idOrPrefix } from '../input/id-argument.js';

/** A point of a history as people name it. */
type Point = { readonly sequence: number } | { readonly until: Timestamp } | 'last';

/** Declares `maestro diff`; `exit` is told when the states differ. */
export function registerDiff(program: Command, context: CliContext, exit: (code: number) => void): void {
  program
    .command('diff')
    .summary('compare the states of one aggregate at two points')
    .description(
      'Compare the states of one aggregate at two points of its history. With -o json the differences are a JSON Patch ' +
        '(RFC 6902). Exits with 1 when the states differ.',
    )
    .argument('<id>', 'the aggregate', idOrPrefix)
    .argument(
      '<a>',
      'the first point: a sequence (0: before the first event), a time, a timestamp, or "last"',
      pointOfHistory(context),
    )
    .argument('<b>', 'the second point, likewise', pointOfHistory(context))
    .option('--aggregate <name>', 'fold with the handlers of this aggregate of the configuration file')
    .addHelpText(
      'after',
      `
Examples:
  $ maestro diff 01a2077042bc0000deadbeefcafef00d 41 42
  $ maestro diff 01a2077042bc0000deadbeefcafef00d "yesterday 14:34" last
  $ maestro diff 01a2077042bc0000deadbeefcafef00d 0 last -o json`,
    )
    .action(async (id: IdArgument, a: Point, b: Point, options: { aggregate?: string }, command: Command) => {
      if (await diff(id, [a, b], options.aggregate, createSession(context, command))) exit(FOUND);
    });
}

async function diff(
  argument: IdArgument,
  points: readonly [Point, Point],
  aggregate: string | undefined,
  session: Session,
): Promise<boolean> {
  const [{ diffJson }, { parseJsonText }] = await Promise.all([
    import('../../json/diff.js'),
    import('../../json/parse.js'),
  ]);
  return await withFolding(session, argument, aggregate, async (history) => {
    const { id, folding, database, last } = history;
    for (const point of points) if (isTime(point)) assertNotTheId(point.until, id);
    assertReached(points, last);
    const [a, b] = await statesAt(points, history, session.output);
    for (const [{ sequence }, point] of [[a, points[0]] as const, [b, points[1]] as const])
      if (isTime(point)) await warnOfClocks(database, id, { sequence, until: point.until }, session.output);
    const changes = diffJson(parseJsonText(folding.json(a)), parseJsonText(folding.json(b)));
    const shown = [pointText(a, points[0]), pointText(b, points[1])] as const;
    if (session.output.format !== 'table' && points.some(isTime))
      await session.output.note(`from ${shown[0]}, to ${shown[1]}`);
    await print(changes, shown, history, session);
    return changes.length > 0;
  });
}

function assertReached(points: readonly Point[], last: number): void {
  for (const point of points)
    if (point !== 'last' && 'sequence' in point && point.sequence > last)
      throw new NotFoundError(`The aggregate's last sequence is ${last}, so there is no state at ${point.sequence}.`, {
        hint: 'Write "last" for the state as it is now.',
      });
}

/**
 * The states at two points, in one pass over the events up to the later one. Events that are missing are told, and refused
 * where an application folds: it is never given a history with a gap.
 */
async function statesAt(
  points: readonly [Point, Point],
  { id, database, folding, last }: OpenHistory,
  output: Output,
): Promise<readonly [StateAt, StateAt]> {
  const found: (StateAt | undefined)[] = [undefined, undefined];
  let current = folding.start();
  const warnings = new Set<string>();
  let within: number | undefined;
  for await (const event of database.store.streamStoredEvents(id, 1, { maxSequence: last })) {
    const { sequence } = current;
    const open = event.sequence === sequence + 1 ? [] : points.filter((_, index) => found[index] === undefined);
    for (const point of open) {
      const isBefore = isBeyond(event, point);
      if (isBefore && isTime(point)) warnings.add(mayBeBefore(sequence));
      if (isBefore && (isTime(point) || sequenceOf(point) <= sequence)) continue;
      if (folding.aggregate !== undefined) throw new IncompleteHistoryError(id.hex, sequence + 1, event.sequence);
      if (isBefore) warnings.add(missingEvent(sequenceOf(point), sequence));
      else within ??= sequence;
    }
    for (const [index, point] of points.entries()) if (isBeyond(event, point)) found[index] ??= current;
    if (found[0] !== undefined && found[1] !== undefined) break;
    current = folding.next(current, event);
  }
  if (within !== undefined) await output.warn(missingWithin(within, 'the states'));
  for (const warning of warnings) await output.warn(warning);
  return [found[0] ?? current, found[1] ?? current];
}

/** The sequence that a point names. */
function sequenceOf(point: Point): number {
  return point !== 'last' && 'sequence' in point ? point.sequence : Infinity;
}

function isTime(point: Point): point is { readonly until: Timestamp } {
  return point !== 'last' && 'until' in point;
}

function isBeyond({ sequence, timestamp }: StoredEvent, point: Point): boolean {
  if (point === 'last') return false;
  return 'sequence' in point ? sequence > point.sequence : timestamp.compare(point.until) > 0;
}

async function print(
  changes: readonly Change[],
  [from, to]: readonly [string, string],
  { id, folding }: OpenHistory,
  { output }: Session,
): Promise<void> {
  const [{ patchOperations }, { printJson }, { escapeText }] = await Promise.all([
    import('../../json/diff.js'),
    import('../../json/print.js'),
    import('../render/escape.js'),
  ]);
  if (output.quiet) return await output.lines(listed(changes), ({ path }) => escapeText(path));
  if (output.format !== 'table') {
    await output.note(folding.how);
    return await output.jsonItems(map(listed(patchOperations(changes)), (operation) => printJson(operation)));
  }
  const [{ factTable }, { changeLines, changePaint }] = await Promise.all([
    import('../render/fact-table.js'),
    import('../render/changes.js'),
  ]);
  const facts = [
    ['aggregate', id.hex],
    ['from', from],
    ['to', to],
    ['state', folding.how],
    ['changes', changes.length === 0 ? 'none' : String(changes.length)],
  ] as const;
  await output.line(factTable(facts, output.style, output.columns));
  if (changes.length > 0) await output.line('');
  await output.lines(listed(changes), (change) =>
    changeLines(change, output.columns).map(changePaint(change, output.style)).join('\n'),
  );
}

function pointText({ sequence, timestamp }: StateAt, point: Point): string {
  const place = timestamp === undefined ? 'before the first event' : `sequence ${sequence}, ${timestamp.toString()}`;
  return isTime(point) ? `${place} (at ${pointInTime(point.until)})` : place;
}

function pointOfHistory(context: CliContext): (text: string) => Point {
  return (text) => {
    if (text === 'last') return 'last';
    // A number of ten digits may be a sequence; with @ before it, it is a time.
    if (/^\d{1,10}$/.test(text)) return { sequence: sequenceOrZero(text) };
    const until = parseTimeBound(text, notes(context));
    if (until !== undefined) return { until };
    throw new InvalidArgumentError(notATime(text, 'a sequence, a timestamp, "last" or a time'));
  };
}
