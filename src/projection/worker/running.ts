import type { Knex } from 'knex';
import type { LeaseKeeper } from '../subscription/lease-keeper.js';
import type { Heartbeat } from './heartbeat.js';
import type { CheckedOptions } from './options.js';
import type { OwnCopies } from './own-copies.js';
import type { Permits } from './permits.js';
import type { Reachability } from './reachability.js';
import type { WorkQueue } from './work-queue.js';

/** Things that the parts of a worker share. */
export interface Running {
  readonly knex: Knex;
  readonly schema: string;
  readonly options: CheckedOptions;
  /** Aborted when the worker stops. */
  readonly signal: AbortSignal;
  readonly copies: OwnCopies;
  readonly queue: WorkQueue;
  readonly reach: Reachability;
  readonly heartbeat: Heartbeat;
  readonly keeper: LeaseKeeper;
  /** Held by a statement that searches or keeps something up to date: together these take one connection. */
  readonly searching: Permits;
  /** Held by work on read models: of that there is as much at a time as `concurrency` says. */
  readonly working: Permits;
  /** Held by work of subscriptions, of which there is as much beside it: a handler that hangs keeps no read model back. */
  readonly handling: Permits;
  /** Runs work beside the parts of the worker; its failure ends all of them. */
  beside(work: () => Promise<void>): void;
  /** Copies of which others had taken in all that was looked at last, such as commits with their inline projections. */
  readonly takenByOthers: Set<number>;
  /** Tells the application of something that will be tried again. */
  onError(this: void, error: unknown): void;
}
