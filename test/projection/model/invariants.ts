import { type Copy, handled, placesOf, TABLES } from './read-model.js';
import type { Rows } from './state.js';

/** What is wrong with committed rows, or with their change. */
export function fault(rows: Rows, before: Rows): string | undefined {
  const { copies, aggregates } = placesOf(rows);
  for (const table of TABLES) {
    const live = copies.filter(({ id }) => rows[`place ${table} ${id}`] === 'live').map(({ id }) => id);
    const wanted = copies.filter(({ status }) => status === 'live').map(({ id }) => id);
    if (live.join() !== wanted.join() || live.length !== 1)
      return `a reader finds table ${table} of copy ${live.join(' and ') || 'none'}, while copy ${wanted.join(' and ') || 'none'} is live`;
  }
  for (const copy of copies)
    if (copy.status !== 'retired')
      for (const aggregate of aggregates) {
        const wrong = notAPrefix(rows, copy, aggregate) ?? backwards(rows, before, copy, aggregate);
        if (wrong !== undefined) return wrong;
      }
  return undefined;
}

/** The row of an aggregate has to be the fold of the events 1 … position, but for skipped ones. */
function notAPrefix(rows: Rows, { id, status, version }: Copy, aggregate: string): string | undefined {
  const position = positionOf(rows, id, aggregate);
  const events: string[] = [];
  for (let sequence = 1; sequence <= position; sequence += 1) {
    const body = rows[`event ${aggregate} ${sequence}`];
    if (rows[`skipped ${id} ${aggregate} ${sequence}`] === undefined)
      events.push(body === undefined ? `(no event ${sequence})` : handled(String(body), version));
  }
  const row = String(rows[`owners ${id} ${aggregate}`] ?? '');
  const total = Number(rows[`totals ${id} ${aggregate}`] ?? 0);
  if (row === events.join(' ') && total === events.length) return undefined;
  return `in the ${status} copy ${id} the position of ${aggregate} is ${position}, which is [${events.join(' ')}], but its row is [${row}], and ${total} in the other table`;
}

/** A reader of the live tables has to see each aggregate go forwards only, unless its events were erased. */
function backwards(rows: Rows, before: Rows, { id, status }: Copy, aggregate: string): string | undefined {
  const old = placesOf(before).copies.find((copy) => copy.status === 'live');
  if (status !== 'live' || old === undefined) return undefined;
  const [was, is] = [positionOf(before, old.id, aggregate), positionOf(rows, id, aggregate)];
  for (let sequence = 1; sequence <= was; sequence += 1) {
    const key = `event ${aggregate} ${sequence}`;
    if (rows[key] !== before[key]) return undefined;
  }
  return is < was ? `a reader sees ${aggregate} go back from ${was} to ${is}` : undefined;
}

/** What is not taken in when nobody has anything to do any more. */
export function notTakenIn(rows: Rows): string | undefined {
  const { copies, aggregates } = placesOf(rows);
  for (const { id, status } of copies)
    if (status !== 'retired')
      for (const aggregate of aggregates) {
        const next = positionOf(rows, id, aggregate) + 1;
        if (rows[`event ${aggregate} ${next}`] !== undefined && rows[`parked ${id} ${aggregate}`] !== next)
          return `nobody takes in event ${next} of ${aggregate} for copy ${id}`;
      }
  const stray = Object.keys(rows).find(
    (key) => key.startsWith('position ') && !copies.some(({ id }) => key.startsWith(`position ${id} `)),
  );
  return stray === undefined ? undefined : `'${stray}' belongs to no copy`;
}

/** What a rebuild to version 2 has left undone. */
export function notSwitched(rows: Rows): string | undefined {
  const { copies } = placesOf(rows);
  const [copy] = copies;
  return copies.length === 1 && copy?.status === 'live' && copy.version === 2
    ? undefined
    : `the copies at the end are ${copies.map(({ id, status }) => `${id} ${status}`).join(', ')}`;
}

function positionOf(rows: Rows, copy: string, aggregate: string): number {
  return (rows[`position ${copy} ${aggregate}`] as number | undefined) ?? 0;
}
