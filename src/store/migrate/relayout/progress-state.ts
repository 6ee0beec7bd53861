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
  readonly target: Layout;
  readonly phase: Phase;
  /** The last timestamp that has been copied, in hex digits; absent before the first. */
  readonly copied: string | undefined;
}

/** The state of the work; `undefined` when there is none. */
export async function readWork(on: Executor, { state }: Places): Promise<WorkState | undefined> {
  const [exists] = await query<[boolean]>(on, 'SELECT to_regclass(?) IS NOT NULL', [state]);
  if (exists?.[0] !== true) return undefined;
  const [row] = await query<[number, Phase, string | null]>(
    on,
    `SELECT parts, phase, encode(copied, 'hex') FROM ${state}`,
  );
  return row && { target: partitioned(row[0]), phase: row[1], copied: row[2] ?? undefined };
}

/** The state of the work, which no other process moves on before the transaction ends. */
export async function lockWork(transaction: Executor, places: Places, phase: Phase): Promise<WorkState | undefined> {
  await execute(transaction, `SELECT FROM ${places.state} FOR UPDATE`);
  const work = await readWork(transaction, places);
  return work?.phase === phase ? work : undefined;
}

/** Moves the work on. */
export async function moveOn(transaction: Executor, { state }: Places, phase: Phase): Promise<void> {
  await execute(transaction, `UPDATE ${state} SET phase = ?`, [phase]);
}

/** Throws when work towards another layout is under way. */
export function assertTarget({ target }: WorkState, wanted: Layout): void {
  if (target.parts !== wanted.parts)
    throw new LayoutChangeRefusedError([`a change to ${layoutText(target)} is under way`], {
      hint: 'Finish that one, or remove it with --cancel. Nothing was changed.',
    });
}
