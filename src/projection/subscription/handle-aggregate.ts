import type { Knex } from 'knex';
import type { StoredEvent } from '../../events.js';
import { pauseAfter } from '../../store/commit/backoff.js';
import { CommitInterruptedError } from '../../store/driver/driver.js';
import { driverOf } from '../../store/driver/driver-of.js';
import { sqlState } from '../../store/driver/driver-error.js';
import { park, type Parked, type ParkedReason } from '../apply/parked.js';
import { blame, failureText } from '../apply/passing.js';
import type { HandledEvent, SubscriptionDefinition } from '../definition.js';
import type { EventReader } from '../read-event.js';
import { handleEvent } from './handle-event.js';
import type { Held, LeaseKeeper } from './lease-keeper.js';
import { claim, heal, type Pair, release } from './leases.js';
import { move } from './move-position.js';
import { type Next, nextEvents } from './next-events.js';

/**
 * Outcome of the work on an aggregate. `done`: nothing is left, or what is left rests for a while; `behind`: there is
 * more; `later`: another worker has the aggregate, or had it.
 */
export type Handled = 'done' | 'behind' | 'later';

/** A subscription in a worker. */
export interface RunningSubscription {
  readonly knex: Knex;
  readonly schema: string;
  readonly copy: number;
  readonly definition: SubscriptionDefinition;
  readonly reader: EventReader;
  readonly keeper: LeaseKeeper;
  /** Length of a claim in milliseconds. */
  readonly lease: number;
  /** Called with a number of events when that many were handled, or passed over because nothing is to be done about them. */
  readonly onTaken: (events: number) => void;
  /** Called when the aggregate is parked, with what its event has thrown, if it is there. */
  readonly onParked: (parked: Parked, cause: unknown) => void;
  /** Runs something until no passing fault of the database is in its way; undefined when the worker stops before. */
  readonly survive: <Value>(work: () => Promise<Value>) => Promise<Value | undefined>;
}

/**
 * Handles the next events of an aggregate, one after the other, unless another worker is at that. Each is handled without an
 * open transaction, while a claim keeps others away; what a handler throws parks the aggregate.
 */
export async function handleAggregate(subscription: RunningSubscription, pair: Pair): Promise<Handled> {
  const { knex, schema, keeper, lease, reader } = subscription;
  const held = keeper.hold();
  let isClaimed = false;
  try {
    if (held.signal.aborted) return 'later';
    isClaimed = await claim(knex, schema, pair, held.token, lease);
    if (!isClaimed) return 'later';
    held.claimed();
    const work = new Work(subscription, pair, held, await nextEvents(knex, schema, pair, reader.types));
    const handled = await work.run();
    isClaimed = !work.isReleased;
    return handled;
  } finally {
    held.drop();
    // A claim that cannot be ended ends by itself.
    if (isClaimed) await release(knex, schema, pair, held.token).catch(() => {});
  }
}

/** The work on one aggregate that is claimed. */
class Work {
  /** True when the claim has ended with the last event. */
  isReleased = false;
  readonly #subscription: RunningSubscription;
  readonly #pair: Pair;
  readonly #held: Held;
  readonly #next: Next;
  /** The position as it is stored; events after it have been passed over. */
  #position: number;
  /** True when the handler of the event has asked for a transaction. */
  #isInTransaction = false;

  constructor(subscription: RunningSubscription, pair: Pair, held: Held, next: Next) {
    this.#subscription = subscription;
    this.#pair = pair;
    this.#held = held;
    this.#next = next;
    this.#position = next.position;
  }

  async run(): Promise<Handled> {
    const { events, failed, gap, isMore, position } = this.#next;
    if (gap !== undefined) {
      const isParked = await this.#park(position + 1, 'gap', `it is missing; the next one that is there is ${gap}`);
      return isParked ? 'done' : 'later';
    }
    if (events.length === 0 && failed !== undefined) await this.#heal();
    for (const [index, event] of events.entries()) {
      if (this.#held.signal.aborted) return 'later';
      const outcome = await this.#take(event, index === events.length - 1);
      if (outcome !== 'taken') return outcome === 'lost' ? 'later' : 'done';
    }
    return isMore ? 'behind' : 'done';
  }

  async #heal(): Promise<void> {
    const { knex, schema } = this.#subscription;
    await heal(knex, schema, this.#pair, this.#held.token);
  }

  /** Handles an event, or passes it over; after the last one the position is stored in any case. */
  async #take(stored: StoredEvent, isLast: boolean, attempt = 1): Promise<'taken' | 'lost' | 'parked'> {
    const { knex, definition } = this.#subscription;
    const done = (on: Knex | Knex.Transaction) => this.#move(on, stored.sequence, isLast);
    try {
      const event = this.#read(stored);
      if (event === undefined) {
        if (!isLast) return 'taken';
        await done(knex);
      } else {
        const [subscription, aggregateId] = [definition.name, this.#pair.aggregateId.hex];
        this.#held.handling({ subscription, aggregateId, sequence: stored.sequence });
        this.#isInTransaction = false;
        await handleEvent(knex, definition, event, this.#facts(stored), done, () => this.#transactionBegins());
      }
    } catch (error) {
      if (error instanceof Lost || this.#held.signal.aborted) return 'lost';
      if (this.#isInTransaction && isPassingRefusal(error)) {
        if (blame(error) !== 'met') throw error;
        if (attempt < MAX_MEETINGS) {
          await pauseAfter(attempt);
          return await this.#take(stored, isLast, attempt + 1);
        }
      }
      return (await this.#park(stored.sequence, 'failed', error)) ? 'parked' : 'lost';
    }
    // Not in there: what the application makes of its progress is no failure of the event.
    this.#moved(stored.sequence, isLast);
    return 'taken';
  }

  /** Has an event rest that cannot be handled now; false when the claim is gone. */
  async #park(sequence: number, reason: ParkedReason, failure: unknown): Promise<boolean> {
    const { knex, schema, copy, onParked } = this.#subscription;
    const { aggregateId } = this.#pair;
    const step = { from: this.#position, to: sequence - 1, last: true };
    const error = failureText(failure);
    const parked = await driverOf(knex).transaction(async (transaction) => {
      if (!(await move(transaction, schema, this.#pair, this.#held.token, step))) return undefined;
      return await park(transaction, schema, copy, { aggregateId, sequence, reason, error });
    });
    if (parked === undefined) return false;
    this.isReleased = true;
    onParked(parked, failure);
    return true;
  }

  async #move(on: Knex | Knex.Transaction, sequence: number, isLast: boolean): Promise<void> {
    const { schema, survive } = this.#subscription;
    const step = { from: this.#position, to: sequence, last: isLast };
    const moveIt = () => move(on, schema, this.#pair, this.#held.token, step);
    // What a handler has done without a transaction is not done again because of a connection that breaks afterwards, nor
    // because the worker stops.
    const isMoved = await (on.isTransaction === true ? moveIt() : survive(moveIt).then((moved) => moved ?? moveIt()));
    if (isMoved !== true) throw new Lost();
  }

  /** Takes note of a move that is committed: the transaction of a handler may fail at its very end. */
  #moved(sequence: number, isLast: boolean): void {
    const taken = sequence - this.#position;
    this.#position = sequence;
    this.isReleased = isLast;
    this.#subscription.onTaken(taken);
  }

  #transactionBegins(): void {
    this.#isInTransaction = true;
    this.#held.inTransaction();
  }

  #read(stored: StoredEvent): HandledEvent | undefined {
    const reader = this.#subscription.reader.of(this.#pair.aggregateId, this.#next.firstType);
    return reader?.read(stored);
  }

  #facts({ sequence }: StoredEvent) {
    const { failed } = this.#next;
    return {
      idempotencyKey: `${this.#subscription.definition.name}:${this.#pair.aggregateId.hex}:${sequence}`,
      attempt: failed?.sequence === sequence ? failed.attempts + 1 : 1,
      signal: this.#held.signal,
    };
  }
}

/** Number of times in a row that a transaction may meet others; after them it is taken for something that the handler always does. */
const MAX_MEETINGS = 8;
/** Errors that may as well come from what the handler asks for: parking fails in its turn where the server is to blame. */
const OF_EITHER = /^XX|^58|^53[^1]/;

/** True when the database has undone a transaction, or may have, for a reason that may be gone when it is run again. */
function isPassingRefusal(error: unknown): boolean {
  if (error instanceof CommitInterruptedError) return blame(error) !== 'event';
  const state = sqlState(error);
  return state !== undefined && blame(error) !== 'event' && !OF_EITHER.test(state);
}

/** The claim on the aggregate is gone, so the work on the event does not count. */
class Lost extends Error {}
