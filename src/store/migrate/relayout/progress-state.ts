import { type Layout, layoutText, partitioned } from '../../layout/layout.js';
import { type Executor, execute, query } from '../../read/rows.js';
import { LayoutChangeRefusedError } from '../migration-errors.js';
import type { Places } from './places.js';

/**
 * The point that the work has reached: changes are to be noted; events are copied; what the copy lacks beside events is made, and
 * changes are taken over; the copy is in use, and the old tables are to be dropped.
 */
export type Phase = 'noting' | 'copying' | 'catching up' | 'switched';

/** The state of a change of the layout. */
export interface WorkState {
  /** The layout of the log when the work began. */
  readonly from: Layout;
  readonly target: Layout;
  readonly phase: Phase;
  /** The last timestamp that has been copied, in hex digits; absent before the first. */
  readonly copied: string | undefined;
}

/** True when a change of the layout of an event log is under way, or was broken off. Every role may ask. */
export async function hasWork(on: Executor, { work }: Pick<Places, 'work'>): Promise<boolean> {
  const [row] = await query<[boolean]>(on, 'SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = ?)', [work]);
  return row?.[0] === true;
}

/** The change of a layout that is under way, or was broken off. */
export interface UnfinishedChange {
  /** The layout that is wanted; absent where the role may not see it. */
  readonly target?: Layout;
}

/** The unfinished change of the layout of an event log; `undefined` when there is none. Every role may ask. */
export async function unfinishedChange(on: Executor, places: Places): Promise<UnfinishedChange | undefined> {
  if (!(await hasWork(on, places))) return undefined;
  const { work, state } = places;
  const mayUse = async (sql: string, name: string) => (await query<[boolean]>(on, sql, [name]))[0]?.[0] === true;
  const isVisible =
    (await mayUse("SELECT has_schema_privilege(?, 'USAGE')", work)) &&
    (await mayUse("SELECT has_table_privilege(?, 'SELECT')", state));
  const found = isVisible ? await readWork(on, places) : undefined;
  return found === undefined ? {} : { target: found.target };
}

/** The state of the work; `undefined` when there is none. */
export async function readWork(on: Executor, places: Places): Promise<WorkState | undefined> {
  if (!(await hasWork(on, places))) return undefined;
  const { state } = places;
  const [row] = await query<[number, number, Phase, string | null]>(
    on,
    `SELECT from_parts, parts, phase, encode(copied, 'hex') FROM ${state}`,
  );
  return row && { from: partitioned(row[0]), target: partitioned(row[1]), phase: row[2], copied: row[3] ?? undefined };
}

/** The state of the work, which no other process moves on before the transaction ends. */
export async function lockWork(transaction: Executor, places: Places, phase: Phase): Promise<WorkState | undefined> {
  await execute(transaction, `SELECT FROM ${places.state} FOR UPDATE`);
  const work = await readWork(transaction, places);
  return work?.phase === phase ? work : undefined;
}

/** Moves the work on from one phase to the next, unless another process has done that. */
export async function moveOn(on: Executor, { state }: Places, from: Phase, to: Phase): Promise<void> {
  await execute(on, `UPDATE ${state} SET phase = ? WHERE phase = ?`, [to, from]);
}

/** Throws when work towards another layout is under way. */
export function assertTarget({ target }: WorkState, wanted: Layout): void {
  if (target.parts !== wanted.parts)
    throw new LayoutChangeRefusedError([`a change to ${layoutText(target)} is under way`], {
      hint: 'Finish that one, or remove it with --cancel. Nothing was changed.',
    });
}
