import { type ErrorCode, MaestroError } from '../../errors.js';
import type { Parked } from '../apply/parked.js';
import type { LongHandled } from '../subscription/lease-keeper.js';
import { failureText } from '../apply/passing.js';

/**
 * An event could not be taken in, so its aggregate is parked: told to `onError` of `runProjections`. All before the event was
 * taken in, all other aggregates go on, and this one is tried again. The error of the handler is the `cause`.
 */
export class EventParkedError extends MaestroError {
  readonly code = 'MAESTRO_EVENT_PARKED' satisfies ErrorCode;
  /** The aggregate id, in hex digits. */
  readonly aggregateId: string;
  readonly sequence: number;
  /** Number of attempts so far. */
  readonly attempts: number;
  /** The time of the next attempt. */
  readonly nextTry: Date;

  constructor(
    /** The name of the projection or subscription. */ readonly projection: string,
    { aggregateId, sequence, reason, attempts, nextTry, error }: Parked,
    cause: unknown,
  ) {
    const problem = reason === 'failed' ? 'failed at' : 'waits for';
    super(`${projection} ${problem} event ${sequence} of ${aggregateId.hex}, attempt ${attempts}: ${error}`, {
      hint: `It is tried again at ${nextTry.toISOString()}. After a fix, \`maestro projections retry ${projection}\` tries it at once; \`projections skip\` passes it over.`,
      cause,
    });
    this.aggregateId = aggregateId.hex;
    this.sequence = sequence;
    this.attempts = attempts;
    this.nextTry = nextTry;
  }
}

/**
 * The database has a projection at a newer version than this code, so this worker leaves it alone: told to `onError` of
 * `runProjections`, once.
 */
export class OlderProjectionError extends MaestroError {
  readonly code = 'MAESTRO_OLDER_PROJECTION' satisfies ErrorCode;

  constructor(
    /** The name of the projection. */ readonly projection: string,
    /** The version of this code. */ readonly version: number,
    /** The version in the database. */ readonly found: number,
  ) {
    super(
      `The projection ${projection} is at version ${found} in the database, and at ${version} in this code, which leaves it alone.`,
      {
        hint: 'Deploy the newer code here, too; or raise the version above that in the database, to rebuild it with this code.',
      },
    );
  }
}

/**
 * The handler of a subscription has not returned for a few leases: told to `onError` of `runProjections`, once for each run. It goes on,
 * and holds up its aggregate and one of the places for handlers for as long.
 */
export class SlowHandlerError extends MaestroError {
  readonly code = 'MAESTRO_SLOW_HANDLER' satisfies ErrorCode;
  /** The name of the subscription. */
  readonly subscription: string;
  /** The aggregate id, in hex digits. */
  readonly aggregateId: string;
  readonly sequence: number;

  constructor({ subscription, aggregateId, sequence, duration }: LongHandled) {
    super(
      `The handler of ${subscription} has been at work on event ${sequence} of ${aggregateId} for ${Math.round(duration / 1000)} seconds, and goes on.`,
      {
        hint: 'Give what it waits for a time limit, such as `AbortSignal.any([signal, AbortSignal.timeout(10_000)])` for a request. Handlers that do not return keep others waiting.',
      },
    );
    this.subscription = subscription;
    this.aggregateId = aggregateId;
    this.sequence = sequence;
  }
}

/**
 * The worker has stopped because of what cannot be tried again: told to `onError` of `runProjections`, and last. `stopped` rejects with
 * the `cause`.
 */
export class WorkerFailedError extends MaestroError {
  readonly code = 'MAESTRO_WORKER_FAILED' satisfies ErrorCode;

  constructor(cause: unknown) {
    const hint = cause instanceof MaestroError ? cause.hint : undefined;
    super(`The worker has stopped, and takes in nothing any more: ${failureText(cause)}`, { hint, cause });
  }
}
