import { type ErrorCode, MaestroError } from '../../errors.js';
import { missingTableHint } from '../apply/missing-table-hint.js';
import type { Parked, ParkedReason } from '../apply/parked.js';
import { failureText } from '../apply/passing.js';
import type { Copy } from '../copies/copy.js';
import { describeBlocker, type SwitchBlocker } from '../rebuild/switch-blockers.js';
import type { LongHandled } from '../subscription/lease-keeper.js';

/**
 * An event could not be taken in, so its aggregate is parked: told to `onError` of `runProjections`. All before the event was
 * taken in, all other aggregates go on, and this one is tried again. The error of the handler is the `cause`. Where the log lacks an
 * event (`reason` is `gap`), no handler has failed: there is no cause, and `sequence` is that of the missing event.
 */
export class EventParkedError extends MaestroError {
  readonly code = 'MAESTRO_EVENT_PARKED' satisfies ErrorCode;
  /** The name of the projection or subscription. */
  readonly projection: string;
  /** The version of the tables: of those in use, or of those that a rebuild fills. 1 for a subscription. */
  readonly version: number;
  /** True for tables that are in use, false for those that a rebuild fills. */
  readonly isLive: boolean;
  /** The reason: a handler failed at the event, or the log does not have it although it has later ones. */
  readonly reason: ParkedReason;
  /** The aggregate id, in hex digits. */
  readonly aggregateId: string;
  readonly sequence: number;
  /** Number of attempts so far. */
  readonly attempts: number;
  /** The time of the next attempt. */
  readonly nextTry: Date;

  constructor(copy: ParkedCopy, parked: Parked, cause: unknown) {
    super(parked.reason === 'gap' ? gapText(copy, parked) : failedText(copy, parked), {
      hint: parked.reason === 'gap' ? GAP : failedHint(copy, parked, cause),
      cause,
    });
    this.projection = copy.name;
    this.version = copy.version;
    this.isLive = copy.status === 'live';
    this.reason = parked.reason;
    this.aggregateId = parked.aggregateId.hex;
    this.sequence = parked.sequence;
    this.attempts = parked.attempts;
    this.nextTry = parked.nextTry;
  }
}

/** The facts of the copy that has parked an aggregate. */
type ParkedCopy = Pick<Copy, 'name' | 'version' | 'kind' | 'status'>;

const GAP =
  'It goes on by itself when that event is committed or imported. `maestro verify` shows what the log lacks; `maestro projections skip` passes the event over.';

function titleOf({ name, version, kind, status }: ParkedCopy): string {
  if (kind === 'subscription') return name;
  return `${name} ${version}${status === 'building' ? ', which is being filled,' : ''}`;
}

function gapText(copy: ParkedCopy, { aggregateId, sequence }: Parked): string {
  return `${titleOf(copy)} waits before a gap in ${aggregateId.hex}: the log has later events, and no event ${sequence}.`;
}

function failedText(copy: ParkedCopy, { aggregateId, sequence, attempts, error }: Parked): string {
  return `${titleOf(copy)} failed at event ${sequence} of ${aggregateId.hex}, attempt ${attempts}: ${error}`;
}

function failedHint({ name, kind }: ParkedCopy, { nextTry }: Parked, cause: unknown): string {
  const next = `It is tried again at ${nextTry.toISOString()}.`;
  const missing = kind === 'projection' ? missingTableHint(name, cause) : undefined;
  return `${next}${missing === undefined ? '' : ` ${missing}`} After a fix, \`maestro projections retry ${name}\` tries it at once; \`projections skip\` passes it over.`;
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

/**
 * The new tables of a projection are filled, and cannot be put into use because transactions of others do not end: told to
 * `onError` of `runProjections`, once each minute. It is tried again until they have ended; nothing else waits for them.
 */
export class RebuildBlockedError extends MaestroError {
  readonly code = 'MAESTRO_REBUILD_BLOCKED' satisfies ErrorCode;

  constructor(
    /** The name of the projection. */ readonly projection: string,
    /** The version of the new tables. */ readonly version: number,
    /** The transactions that are waited for, the oldest first; none when short ones follow each other. */
    readonly blockers: readonly SwitchBlocker[],
  ) {
    const what = blockers.map(describeBlocker).join('; ') || 'short transactions of others follow each other';
    super(`The new tables of ${projection}, version ${version}, are filled, and not in use yet: ${what}.`, {
      hint:
        blockers.length === 0
          ? 'It is tried again, and nothing else waits for it.'
          : `They are put into use when that transaction has ended. Have it end, or end it by \`SELECT pg_terminate_backend(${blockers[0]?.pid})\`.`,
    });
  }
}
