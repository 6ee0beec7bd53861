import type { Knex } from 'knex';
import { type CommittedEvent, eventRef, type NewEvent } from '../../events.js';
import { brokenBy, driverOf } from '../driver/driver-of.js';
import { driverMessage, isConnectionLost, sqlState } from '../driver/driver-error.js';
import { connectionLostHint } from '../failures/database-errors.js';
import { ProjectionError, type ProjectionFailure } from '../errors.js';
import { query } from '../read/rows.js';
import { lent } from '../transactions/lent.js';
import type { Projection } from '../store.js';

/**
 * Runs every projection for every event, in order. Throws {@link ProjectionError} for the first that fails, and also
 * when a projection swallowed the failure of a statement: PostgreSQL answers COMMIT of such a transaction with a silent
 * rollback, which must not look like success.
 */
export async function runProjections(
  transaction: Knex.Transaction,
  events: readonly CommittedEvent[],
  projections: readonly Projection[],
): Promise<void> {
  const last = events.at(-1);
  if (projections.length === 0 || last === undefined) return;
  const own = lent(transaction);
  for (const event of events)
    for (const projection of projections)
      await withProjectionError(event, transaction, async () => {
        await projection(event, own);
      });
  await assertProjected(transaction, events);
}

/**
 * Throws {@link ProjectionError} when a projection swallowed the failure of a statement, which would roll everything back in silence.
 */
export async function assertProjected(transaction: Knex.Transaction, events: readonly CommittedEvent[]): Promise<void> {
  const last = events.at(-1);
  if (last !== undefined) await withProjectionError(last, transaction, () => assertUsable(transaction));
}

async function withProjectionError(
  event: CommittedEvent,
  transaction: Knex.Transaction,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    throw projectionError(event, await brokenBy(transaction, error));
  }
}

/** The error for an event that a projection could not take in. */
export function projectionError(
  event: Omit<NewEvent, 'body'>,
  cause: unknown,
  failure: ProjectionFailure = {},
): ProjectionError {
  return new ProjectionError(eventRef(event), cause, {
    ...failure,
    ...(isConnectionLost(cause) ? lostConnection(cause) : {}),
  });
}

function lostConnection(cause: unknown): { reason: string; hint: string } {
  return { reason: `since its connection broke (${driverMessage(cause)})`, hint: connectionLostHint(cause) };
}

/** Throws when a statement of the transaction has failed and the error was ignored, by a projection whose name is known or not. */
export async function assertUsable(transaction: Knex.Transaction, name?: string): Promise<void> {
  const isUsable = await driverOf(transaction).connection(async (connection) => connection.isKnownUsable());
  if (isUsable) return;
  try {
    await query(transaction, 'SELECT 1');
  } catch (error) {
    if (sqlState(error) !== '25P02') throw error;
    const whose = name === undefined ? 'a projection' : `the projection ${name}`;
    throw new Error(`A statement of ${whose} failed, and the projection ignored the error.`, { cause: error });
  }
}
