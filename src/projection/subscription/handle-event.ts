import type { Knex } from 'knex';
import { driverOf } from '../../store/driver/driver-of.js';
import type { HandledEvent, SubscriptionContext, SubscriptionDefinition, SubscriptionHandler } from '../definition.js';
import { handlerFor } from '../handlers.js';

/** The facts of a handler's context besides the transaction. */
export type Facts = Omit<SubscriptionContext, 'transaction'>;

/** Handlers that have asked for a transaction: from then on they begin with one. */
const inTransaction = new WeakSet<SubscriptionHandler>();

/** Ends a handler that has asked for a transaction. */
class TransactionWanted extends Error {
  constructor() {
    super('The handler is begun anew, in a transaction.');
  }
}

/**
 * Has the handler of a subscription handle an event, then calls `done`, which moves the position: with the transaction of the
 * handler when that has asked for one, else without. Throws what either throws; then nothing of the transaction is left.
 */
export async function handleEvent<Value>(
  knex: Knex,
  { handle }: Pick<SubscriptionDefinition, 'handle'>,
  event: HandledEvent,
  facts: Facts,
  done: (on: Knex | Knex.Transaction) => Promise<Value>,
  onTransaction: () => void = () => {},
): Promise<Value> {
  const handler = handlerFor(handle, event.type) ?? (() => {});
  if (!inTransaction.has(handler) && !(await asksForTransaction(handler, event, facts))) return await done(knex);
  inTransaction.add(handler);
  onTransaction();
  return await driverOf(knex).transaction(async (transaction) => {
    await handler(event, { ...facts, transaction });
    return await done(transaction);
  });
}

/** Runs a handler without a transaction; true when it has asked for one, and so has not done its work. */
async function asksForTransaction(handler: SubscriptionHandler, event: HandledEvent, facts: Facts): Promise<boolean> {
  let asks = false;
  const context: SubscriptionContext = {
    ...facts,
    get transaction(): never {
      asks = true;
      throw new TransactionWanted();
    },
  };
  try {
    await handler(event, context);
  } catch (error) {
    // Whatever the handler makes of it.
    if (!asks) throw error;
  }
  return asks;
}
