import { IncompleteHistoryError } from '../../../aggregate/errors.js';
import type { StateAt } from '../../../aggregate/state-at.js';
import type { StoredEvent } from '../../../events.js';
import type { Timestamp } from '../../../hlc/timestamp.js';
import { type Change, diffJson, patchOperations } from '../../../json/compare/diff.js';
import { parseJsonText } from '../../../json/parse.js';
import { printJson } from '../../../json/print.js';
import { NotFoundError } from '../../errors.js';
import { DONE, type ExitCode, FOUND } from '../../exit-codes.js';
import { mayBeBefore, missingEvent, missingWithin } from '../../../folding/missing-events.js';
import { type OpenHistory, withFolding } from '../../fold/with-folding.js';
import type { IdArgument } from '../../input/id-argument.js';
import { pointInTime } from '../../render/local-time.js';
import { assertNotTheId } from '../../input/not-the-id.js';
import { map } from '../../output/iterate.js';
import type { Output } from '../../output/output.js';
import { warnOfLeftOutEvents } from '../../output/notes/left-out-events.js';
import { changeLines, changePaint } from '../../render/changes.js';
import { escapeText } from '../../../text/escape.js';
import { factTable } from '../../render/fact-table.js';
import type { Invocation } from '../../invocation.js';
import type { Point } from './point.js';

/** The options of `maestro diff`. */
export interface DiffOptions {
  readonly aggregate?: string;
}

/** Compares two states, and exits with 1 when they differ. */
export async function run(
  argument: IdArgument,
  a: Point,
  b: Point,
  { aggregate }: DiffOptions,
  invocation: Invocation,
): Promise<ExitCode> {
  const points = [a, b] as const;
  return await withFolding(invocation, argument, aggregate, async (history) => {
    const { id, folding, database, last } = history;
    for (const point of points) if (isTime(point)) assertNotTheId(point.until, id);
    assertReached(points, last);
    const [from, to] = await statesAt(points, history, invocation.output);
    for (const [{ sequence }, point] of [[from, a] as const, [to, b] as const])
      if (isTime(point)) await warnOfLeftOutEvents(database, id, { sequence, until: point.until }, invocation.output);
    const changes = diffJson(parseJsonText(folding.json(from)), parseJsonText(folding.json(to)));
    const shown = [pointText(from, a), pointText(to, b)] as const;
    if (invocation.output.form !== 'table' && points.some(isTime))
      await invocation.output.note(`from ${shown[0]}, to ${shown[1]}`);
    await print(changes, shown, history, invocation);
    return changes.length > 0 ? FOUND : DONE;
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
 * The states at two points, in one pass over the events up to the later one. Warns of missing events where bodies are
 * merged; handlers never get a history with a gap, so there it throws `IncompleteHistoryError`.
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

/** The sequence of a point; infinite for a time or `last`. */
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
  { output }: Invocation,
): Promise<void> {
  await output.inForm({
    ids: () => output.lines(changes, ({ path }) => escapeText(path)),
    json: async () => {
      await output.note(folding.how);
      await output.jsonItems(map(patchOperations(changes), (operation) => printJson(operation)));
    },
    table: async () => {
      const facts = [
        ['aggregate', id.hex],
        ['from', from],
        ['to', to],
        ['state', folding.how],
        ['changes', changes.length === 0 ? 'none' : String(changes.length)],
      ] as const;
      await output.line(factTable(facts, output.style, output.columns));
      if (changes.length > 0) await output.line('');
      await output.lines(changes, (change) =>
        changeLines(change, output.columns).map(changePaint(change, output.style)).join('\n'),
      );
    },
  });
}

function pointText({ sequence, timestamp }: StateAt, point: Point): string {
  const place = timestamp === undefined ? 'before the first event' : `sequence ${sequence}, ${timestamp.toString()}`;
  return isTime(point) ? `${place} (at ${pointInTime(point.until)})` : place;
}
