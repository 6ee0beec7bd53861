import { InvalidArgumentError } from '../../errors.js';
import { storeError } from '../../store/failures/database-errors.js';
import { withSerializationRetry } from '../../store/read/read-retry.js';
import { execute } from '../../store/read/rows.js';
import { type EventLog, tablesOf } from '../log/event-log.js';
import { select } from '../log/select.js';
import { assertAllCommands } from './commands-table.js';

/** The command ids that a pruning removes, and those that it leaves. */
export interface PruningPlan {
  /** Number of command ids that were carried out before the time. */
  readonly commands: number;
  /** Number of those that are not older. */
  readonly kept: number;
  /** The time at which the oldest of all was carried out, in milliseconds since 1970; absent when there is none. */
  readonly oldest: number | undefined;
}

/** Options of {@link pruneCommands}. */
export interface PruneOptions {
  /** Called after each batch with the number of command ids that are removed so far. */
  readonly onProgress?: ((removed: number) => void) | undefined;
}

/** Number of rows that one statement looks at: it holds its locks, on the rows that it removes, for some milliseconds. */
const BATCH = 5000;

/** A time as SQL; its binding is the number of milliseconds since 1970. */
const TIME = 'to_timestamp(?::float8 / 1000)';

/**
 * Counts the command ids that were carried out before a time, in the database. Changes nothing. Throws `NotMigratedError`
 * where there is no table of them yet, and `InvalidArgumentError` for a time in the future.
 */
export async function planPruning(log: EventLog, before: Date | number): Promise<PruningPlan> {
  const { commands } = tablesOf(log);
  await assertAllCommands(log);
  const sql = `SELECT count(*) FILTER (WHERE committed_at < ${TIME})::text, count(*)::text,
  floor(extract(epoch FROM min(committed_at)) * 1000)::bigint::text FROM ${commands}`;
  const [[older, all, oldest] = ['0', '0', null]] = await select<[string, string, string | null]>(log, sql, [
    millisecondsOf(before),
  ]);
  return {
    commands: Number(older),
    kept: Number(all) - Number(older),
    oldest: oldest === null ? undefined : Number(oldest),
  };
}

/**
 * Forgets the command ids that were carried out before a time, and gives their number: whoever sends one of them again has
 * the command carried out a second time. Removes them in small batches, each in a transaction of its own, so that nobody
 * waits for long; stopped in between, it can simply be run again. Events stay as they are. Throws `NotMigratedError` where
 * there is no table of them yet.
 */
export async function pruneCommands(
  log: EventLog,
  before: Date | number,
  { onProgress }: PruneOptions = {},
): Promise<number> {
  const time = millisecondsOf(before);
  await assertAllCommands(log);
  let removed = 0;
  for (let after: Key | undefined; ;) {
    const last = await endOfBatch(log, after);
    removed += await removeBetween(log, time, after, last);
    onProgress?.(removed);
    if (last === undefined) return removed;
    after = last;
  }
}

/** The primary key of a row. */
type Key = [aggregateId: Buffer, commandId: string];

/** The key of the last row of a batch; `undefined` for the batch that reaches to the end of the table. */
async function endOfBatch(log: EventLog, after: Key | undefined): Promise<Key | undefined> {
  const sql = `SELECT aggregate_id, command_id FROM ${tablesOf(log).commands} ${after === undefined ? '' : `WHERE ${KEY} > (?, ?::text)`}
ORDER BY aggregate_id, command_id OFFSET ${BATCH - 1} LIMIT 1`;
  const [row] = await select<[Uint8Array, string]>(log, sql, after ?? []);
  return row && [Buffer.from(row[0]), row[1]];
}

const KEY = '(aggregate_id, command_id)';

async function removeBetween(
  log: EventLog,
  time: number,
  after: Key | undefined,
  last: Key | undefined,
): Promise<number> {
  const sql = [
    `DELETE FROM ${tablesOf(log).commands} WHERE committed_at < ${TIME}`,
    ...(after === undefined ? [] : [`${KEY} > (?, ?::text)`]),
    ...(last === undefined ? [] : [`${KEY} <= (?, ?::text)`]),
  ].join(' AND ');
  try {
    return await withSerializationRetry(() => execute(log.knex, sql, [time, ...(after ?? []), ...(last ?? [])]));
  } catch (error) {
    throw storeError(error);
  }
}

function millisecondsOf(time: Date | number): number {
  const milliseconds = Number(time);
  if (!Number.isFinite(milliseconds))
    throw new InvalidArgumentError('The time before which command ids are forgotten must be a date.', {
      hint: 'Give a Date or a number of milliseconds since 1970. Nothing was changed.',
    });
  // A clock may be a little ahead of the database's.
  if (milliseconds > Date.now() + 60_000)
    throw new InvalidArgumentError(
      `The time before which command ids are forgotten, ${new Date(milliseconds).toISOString()}, lies in the future: not one would be kept.`,
      { hint: 'Give a time in the past, such as 30 days ago. Nothing was changed.' },
    );
  return milliseconds;
}
