import type { Knex } from 'knex';
import { claim, type CommittedEvent, release } from 'maestro-store';

type Named = CommittedEvent<{ readonly name: string }>;
type Renamed = CommittedEvent<{ readonly name: string; readonly oldName: string }>;

/**
 * Keeps the names of open accounts unique. It runs in the transaction of the events: where the unique index refuses a
 * name, `claim` throws `AlreadyTakenError`, and nothing has happened to the account either.
 */
export const accountNames = {
  account_opened: ({ aggregateId, body }: Named, transaction: Knex.Transaction) =>
    claim(transaction, 'account_names', { name: body.name, account_id: aggregateId.encode() }),
  account_renamed: async ({ aggregateId, body }: Renamed, transaction: Knex.Transaction) => {
    // In this order two accounts that take each other's names are refused, instead of waiting for one another.
    await claim(transaction, 'account_names', { name: body.name, account_id: aggregateId.encode() });
    await release(transaction, 'account_names', { name: body.oldName });
  },
  account_closed: ({ body }: Named, transaction: Knex.Transaction) =>
    release(transaction, 'account_names', { name: body.name }),
};
