import { InvalidArgumentError } from '../../errors.js';
import { Timestamp } from '../../hlc/timestamp.js';
import { driverOf } from '../../store/driver/driver-of.js';
import type { Answer, BoundStatement } from '../../store/driver/driver.js';
import { preparedStatement } from '../../store/driver/statement.js';
import { recordIfWanted } from '../../store/positions/recorded-moves.js';
import { projectionTables } from '../../store/projection-tables.js';
import { type Executor, execute, integerArray, query } from '../../store/read/rows.js';

/** The reason why an aggregate is parked: an event that fails, or one that the log does not have although it has later ones. */
export type ParkedReason = 'failed' | 'gap';

/** An aggregate whose events a copy does not take in until the next try. */
export interface Parked {
  readonly copy: number;
  readonly aggregateId: Timestamp;
  /** The sequence of the event that fails or is missing. */
  readonly sequence: number;
  readonly reason: ParkedReason;
  readonly error: string;
  /** Number of attempts at this event. */
  readonly attempts: number;
  readonly firstFailedAt: Date;
  readonly failedAt: Date;
  readonly nextTry: Date;
}

type ParkedRow = readonly [
  copy: number,
  aggregateId: string,
  sequence: number,
  reason: ParkedReason,
  error: string,
  attempts: number,
  firstFailedAt: string,
  failedAt: string,
  nextTry: string,
];

// Times as numbers, which do not depend on DateStyle.
const milliseconds = (column: string) => `floor(extract(epoch FROM ${column}) * 1000)::bigint::text`;
const COLUMNS = `copy, encode(aggregate_id, 'hex'), sequence, reason, error, attempts, ${milliseconds('first_failed_at')},
${milliseconds('failed_at')}, ${milliseconds('next_try')}`;

/**
 * Parks an aggregate at an event, in the transaction that has its position locked. The next try is after a second, twice as long
 * after each attempt at the same event, up to ten minutes, and a quarter more or less, so that they do not come all at once.
 */
export async function park(
  transaction: Executor,
  schema: string,
  copy: number,
  { aggregateId, sequence, reason, error }: Pick<Parked, 'aggregateId' | 'sequence' | 'reason' | 'error'>,
): Promise<Parked> {
  const { parked } = projectionTables(schema);
  // Whoever parks an aggregate has its position locked, so nobody comes in between.
  const [clock, known] = (await driverOf(transaction).sendTogether([
    CLOCK,
    {
      statement: preparedStatement(`SELECT attempts, ${milliseconds('first_failed_at')} FROM ${parked}
WHERE copy = ?::integer AND aggregate_id = decode(?::text, 'hex') AND sequence = ?::integer AND reason = ?::text`),
      bindings: [copy, aggregateId.hex, sequence, reason],
    },
  ])) as [Answer<[now: string]>, Answer<[attempts: number, firstFailedAt: string]>];
  const now = Number(clock.rows[0]?.[0]);
  const [before, first] = known.rows[0] ?? [0, now];
  const times = { firstFailedAt: Number(first), failedAt: now, nextTry: now + pauseAfter(before) };
  await execute(
    transaction,
    preparedStatement(`INSERT INTO ${parked}
  (copy, aggregate_id, sequence, reason, error, attempts, first_failed_at, failed_at, next_try)
VALUES (?::integer, decode(?::text, 'hex'), ?::integer, ?::text, ?::text, ?::integer, ${TIME}, ${TIME}, ${TIME})
ON CONFLICT (copy, aggregate_id) DO UPDATE SET sequence = EXCLUDED.sequence, reason = EXCLUDED.reason, error = EXCLUDED.error,
  attempts = EXCLUDED.attempts, first_failed_at = EXCLUDED.first_failed_at, failed_at = EXCLUDED.failed_at, next_try = EXCLUDED.next_try`),
    [copy, aggregateId.hex, sequence, reason, error, before + 1, times.firstFailedAt, times.failedAt, times.nextTry],
  );
  return {
    ...{ copy, aggregateId, sequence, reason, error, attempts: before + 1 },
    firstFailedAt: new Date(times.firstFailedAt),
    failedAt: new Date(times.failedAt),
    nextTry: new Date(times.nextTry),
  };
}

/** The database's time, in milliseconds: all times are by its clock, and a statement for a shard takes them as values only. */
const CLOCK: BoundStatement = {
  statement: preparedStatement(`SELECT ${milliseconds('clock_timestamp()')}`),
  bindings: [],
};
/** SQL of a time that is given in milliseconds. */
const TIME = 'to_timestamp(?::double precision / 1000)';

/** Pause in milliseconds before the next try, after so many attempts before the one that has failed. */
function pauseAfter(attempts: number): number {
  return Math.trunc(Math.min(600_000, 1000 * 2 ** Math.min(attempts, 16)) * (0.75 + Math.random() / 2));
}

/** Parked aggregates of some copies, or of all, by copy and aggregate: a page of them, after one that is known. */
export async function listParked(
  on: Executor,
  schema: string,
  {
    copies,
    after,
    limit = 1000,
  }: {
    readonly copies?: readonly number[];
    readonly after?: Pick<Parked, 'copy' | 'aggregateId'> | undefined;
    readonly limit?: number;
  } = {},
): Promise<Parked[]> {
  const { parked } = projectionTables(schema);
  const rows = await query<ParkedRow>(
    on,
    `SELECT ${COLUMNS} FROM ${parked}
WHERE ($1::text IS NULL OR copy = ANY ($1::text::integer[])) AND (copy, aggregate_id) > ($2::integer, decode($3::text, 'hex'))
ORDER BY copy, aggregate_id LIMIT $4::integer`,
    [copies === undefined ? null : integerArray(copies), after?.copy ?? 0, after?.aggregateId.hex ?? '', limit],
  );
  return rows.map(parkedOf);
}

/** Aggregates of some copies whose next try has come, those that have waited longest first. */
export async function due(
  on: Executor,
  schema: string,
  copies: readonly number[],
  limit: number,
): Promise<Pick<Parked, 'copy' | 'aggregateId'>[]> {
  const { parked } = projectionTables(schema);
  const rows = await query<[number, string]>(
    on,
    preparedStatement(`SELECT copy, encode(aggregate_id, 'hex') FROM ${parked}
WHERE copy = ANY (?::text::integer[]) AND next_try <= clock_timestamp() ORDER BY next_try LIMIT ?::integer`),
    [integerArray(copies), limit],
  );
  return rows.map(([copy, hex]) => ({ copy, aggregateId: Timestamp.fromHex(hex) }));
}

/** Has the parked aggregates of a copy, or one of them, tried again at once; resolves to their number. */
export async function retry(on: Executor, schema: string, copy: number, aggregateId?: Timestamp): Promise<number> {
  const { parked } = projectionTables(schema);
  const one = aggregateId === undefined ? '' : "AND aggregate_id = decode(?::text, 'hex')";
  return await execute(
    on,
    preparedStatement(`UPDATE ${parked} SET next_try = now() WHERE copy = ?::integer ${one}`),
    aggregateId === undefined ? [copy] : [copy, aggregateId.hex],
  );
}

/** The event that an operator has a copy pass over, and why. */
export interface Skip extends Pick<Parked, 'copy' | 'aggregateId' | 'sequence'> {
  /** The reason that the operator gives, which is kept. */
  readonly reason: string;
}

/**
 * Has a copy pass over the event at which an aggregate is parked, and keeps that in `maestro_skipped`. Throws
 * {@link InvalidArgumentError} when it is not parked at that event; then nothing was changed.
 */
export async function skip(
  knex: Executor,
  schema: string,
  { copy, aggregateId, sequence, reason }: Skip,
): Promise<void> {
  const { positions, parked, skipped } = projectionTables(schema);
  const place = [copy, aggregateId.encode()];
  await driverOf(knex).transaction(async (transaction) => {
    // The lock that whoever takes in events has: nobody moves the position meanwhile.
    await query(transaction, `SELECT FROM ${positions} WHERE copy = $1 AND aggregate_id = $2 FOR UPDATE`, place);
    const [found] = await query<[string]>(
      transaction,
      `SELECT parked.error FROM ${parked} AS parked JOIN ${positions} AS place USING (copy, aggregate_id)
WHERE copy = $1 AND aggregate_id = $2 AND parked.sequence = $3 AND place.sequence = $3 - 1`,
      [...place, sequence],
    );
    if (found === undefined) throw await notParkedThere(transaction, parked, place, sequence);
    await execute(transaction, `UPDATE ${positions} SET sequence = $3 WHERE copy = $1 AND aggregate_id = $2`, [
      ...place,
      sequence,
    ]);
    await recordIfWanted(transaction, schema, copy, aggregateId.hex);
    await execute(
      transaction,
      `INSERT INTO ${skipped} (copy, aggregate_id, sequence, error, reason) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (copy, aggregate_id, sequence) DO UPDATE SET error = EXCLUDED.error, reason = EXCLUDED.reason, skipped_at = EXCLUDED.skipped_at`,
      [...place, sequence, found[0], reason],
    );
    await execute(transaction, `DELETE FROM ${parked} WHERE copy = $1 AND aggregate_id = $2`, place);
  });
}

async function notParkedThere(
  transaction: Executor,
  parked: string,
  place: readonly (number | Buffer)[],
  sequence: number,
): Promise<InvalidArgumentError> {
  const [row] = await query<[string, number]>(
    transaction,
    `SELECT encode(aggregate_id, 'hex'), sequence FROM ${parked} WHERE copy = $1 AND aggregate_id = $2`,
    place,
  );
  const where = row === undefined ? 'it is not parked' : `it is parked at sequence ${row[1]}`;
  return new InvalidArgumentError(
    `The aggregate is not parked at sequence ${sequence}: ${where}. Nothing was skipped.`,
    {
      hint: 'Only the event at which an aggregate is parked can be skipped; `maestro projections status` shows which that is.',
    },
  );
}

function parkedOf([copy, hex, sequence, reason, error, attempts, firstFailedAt, failedAt, nextTry]: ParkedRow): Parked {
  const time = (milliseconds: string) => new Date(Number(milliseconds));
  return {
    copy,
    aggregateId: Timestamp.fromHex(hex),
    sequence,
    reason,
    error,
    attempts,
    firstFailedAt: time(firstFailedAt),
    failedAt: time(failedAt),
    nextTry: time(nextTry),
  };
}
