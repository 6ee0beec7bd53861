import type { Session } from './session.js';
import { WAIT } from './session.js';
import type { Rows } from './state.js';

/** The two tables of the projection: the events that were taken in, and their number. */
export const TABLES = ['owners', 'totals'] as const;

export type Status = 'building' | 'live' | 'retired';

/** One copy of the projection, as its row says. */
export interface Copy {
  readonly id: string;
  readonly status: Status;
  readonly version: number;
}

/** Rows of a copy: `copy 1` is `live 1`, its status and its version. */
export function copyOf(id: string, text: unknown): Copy | undefined {
  if (typeof text !== 'string') return undefined;
  const [status, version] = text.split(' ');
  return { id, status: status as Status, version: Number(version) };
}

export function copies(session: Session): Copy[] {
  return session.keys('copy ').flatMap((id) => copyOf(id, session.read(`copy ${id}`)) ?? []);
}

/** The aggregates that have events. */
export function aggregates(session: Session): string[] {
  return [...new Set(session.keys('event ').map((key) => key.split(' ')[0] as string))];
}

/** The sequence of the last event of an aggregate; 0 without events. */
export function head(session: Session, aggregate: string): number {
  return Math.max(0, ...session.keys(`event ${aggregate} `).map(Number));
}

/** The sequences of the events from `first` on, without a gap, at most `limit`. */
export function contiguous(session: Session, aggregate: string, first: number, limit = Infinity): number[] {
  const sequences: number[] = [];
  for (
    let next = first;
    sequences.length < limit && session.read(`event ${aggregate} ${next}`) !== undefined;
    next += 1
  )
    sequences.push(next);
  return sequences;
}

/** An event whose body has this in it cannot be handled until the code is mended. */
const POISON = '!';

/** The first of the events for which a handler throws. */
export function failing(session: Session, aggregate: string, sequences: readonly number[]): number | undefined {
  if (session.read('code') === 'mended') return undefined;
  return sequences.find((sequence) => String(session.read(`event ${aggregate} ${sequence}`)).includes(POISON));
}

/** What the handlers of a version make of an event. */
export function handled(body: string, version: number): string {
  return version === 1 ? body : `${body}/v${version}`;
}

/**
 * Runs the handlers of a version, which know the tables by name only. The name means the table of `building` while that
 * is in its own schema, which comes first in the search path; else the live one.
 */
export function apply(
  session: Session,
  { version, building }: { version: number; building?: string | undefined },
  aggregate: string,
  bodies: readonly string[],
): void {
  for (const table of TABLES) {
    const copy = tableByName(session, table, building);
    session.lockTable(`${table} ${copy} shared`);
    session.put(`${table} ${copy} ${aggregate}`, (now) =>
      table === 'totals'
        ? ((now as number | undefined) ?? 0) + bodies.length
        : [...(now === undefined ? [] : [now as string]), ...bodies.map((body) => handled(body, version))].join(' '),
    );
  }
}

/** Removes the rows of an aggregate: what `erased` does. */
export function forget(session: Session, building: string | undefined, aggregate: string): void {
  for (const table of TABLES) {
    const copy = tableByName(session, table, building);
    session.lockTable(`${table} ${copy} shared`);
    session.put(`${table} ${copy} ${aggregate}`, () => undefined);
  }
}

function tableByName(session: Session, table: string, building: string | undefined): string {
  if (building !== undefined && session.newest(`place ${table} ${building}`) === 'build') return building;
  const live = ['1', '2'].find((copy) => session.newest(`place ${table} ${copy}`) === 'live');
  // No such table: the statement fails, and with it the transaction.
  if (live === undefined) throw WAIT;
  return live;
}

export function bodies(session: Session, aggregate: string, sequences: readonly number[]): string[] {
  return sequences.map((sequence) => String(session.read(`event ${aggregate} ${sequence}`)));
}

/** A log with a copy that has taken all of it in. */
export function takenIn(
  log: Record<string, readonly string[]>,
  copy = '1',
  version = 1,
): Record<string, string | number> {
  const rows: Record<string, string | number> = { [`copy ${copy}`]: `live ${version}` };
  for (const table of TABLES) rows[`place ${table} ${copy}`] = 'live';
  for (const [aggregate, events] of Object.entries(log)) {
    events.forEach((body, index) => (rows[`event ${aggregate} ${index + 1}`] = body));
    rows[`position ${copy} ${aggregate}`] = events.length;
    rows[`owners ${copy} ${aggregate}`] = events.map((body) => handled(body, version)).join(' ');
    rows[`totals ${copy} ${aggregate}`] = events.length;
  }
  return rows;
}

/** The copies and aggregates that rows are about. */
export function placesOf(rows: Rows): { copies: Copy[]; aggregates: string[] } {
  const keys = Object.keys(rows);
  return {
    copies: keys.filter((key) => key.startsWith('copy ')).flatMap((key) => copyOf(key.slice(5), rows[key]) ?? []),
    aggregates: [
      ...new Set(
        keys.flatMap((key) => {
          const [kind, first, second] = key.split(' ');
          return kind === 'event'
            ? [first as string]
            : kind === 'owners' || kind === 'position'
              ? [second as string]
              : [];
        }),
      ),
    ],
  };
}
