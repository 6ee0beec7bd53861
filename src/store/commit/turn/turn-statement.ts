import type { Timestamp } from '../../../hlc/timestamp.js';
import type { BoundStatement } from '../../driver/driver.js';
import { preparedStatement } from '../../driver/statement.js';
import { queueKey, turnKey } from './turn-keys.js';

/** Longest wait for a turn, in milliseconds, where the application has not set a shorter one. */
const PATIENCE = 1000;

/** The limit of this wait, of what limits the waits of the transaction otherwise. */
const LIMIT = `CASE WHEN current_setting('lock_timeout')::interval BETWEEN '1 millisecond' AND '${PATIENCE} milliseconds'
  THEN current_setting('lock_timeout') ELSE '${PATIENCE}ms' END`;

/**
 * Waits for the front of the queue, then for the time that the writer before may go on, then until it has finished what it is at: for two
 * advisory locks, which PostgreSQL grants in the order of asking and takes back when the transaction ends. Tells whether somebody else was in
 * the queue. Only these waits have our limit: what limits the others of the transaction is put back.
 */
const TAKE_TURN = preparedStatement(`SELECT turn.waited, set_config('lock_timeout', turn.before, true)
FROM (SELECT rest.waited, rest.before, pg_advisory_xact_lock(?::text::bigint)
  FROM (SELECT queue.waited, queue.before, pg_sleep((?::text::integer - 0.5) / 1000)
    FROM (SELECT current_setting('lock_timeout') AS before, set_config('lock_timeout', ${LIMIT}, true),
        CASE WHEN pg_try_advisory_xact_lock(?::text::bigint) THEN false ELSE pg_advisory_xact_lock(?::text::bigint) IS NOT NULL END AS waited
      OFFSET 0) AS queue
    OFFSET 0) AS rest
  OFFSET 0) AS turn`);

/** A row of the answer to {@link takeTurn}. */
export type TurnRow = readonly [waited: boolean, before: string];

/**
 * The statement that waits for the turn at an aggregate, first of a transaction; it fails when the turn does not come in time. Who commits
 * between turns may go on for so many milliseconds.
 */
export function takeTurn(schema: string, aggregateId: Timestamp, grace: number): BoundStatement {
  const queue = queueKey(schema, aggregateId);
  return { statement: TAKE_TURN, bindings: [turnKey(schema, aggregateId), grace, queue, queue] };
}
