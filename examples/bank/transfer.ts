import { defineSubscription, type Result, type Store, Timestamp } from 'maestro-store';
import { BankAccount, type BankAccounts, type Sent } from './account.js';

/** The reason that no money has left an account. */
export type Refusal = 'not_open' | 'invalid_amount' | 'not_enough_money' | 'same_account' | 'no_such_account';

/** How far a transfer is, by the last event of the sender's account that is about it. */
const STAGES = { money_sent: 'under way', transfer_settled: 'arrived', money_refunded: 'refunded' } as const;

/** An amount to move, in cents, and the accounts that it leaves and reaches. */
export interface Order {
  readonly from: Timestamp;
  readonly to: Timestamp;
  readonly amount: number;
}

/**
 * Begins to move money from one account to another: it leaves the first one, and the id of the transfer is given. An aggregate
 * is the largest thing that changes in one transaction, so the rest is done by {@link transfers}.
 */
export async function transfer(accounts: BankAccounts, { from, to, amount }: Order): Promise<Result<string, Refusal>> {
  if ((await accounts.fetch(to)).name === null) return { ok: false, error: 'no_such_account' };
  const sent: Sent = { transfer: accounts.create().hex, to: to.hex, amount };
  const result = await accounts.evaluate(from, { type: 'sendMoney', data: sent });
  return result.ok ? { ok: true, value: sent.transfer } : result;
}

/**
 * The process that finishes transfers: it brings the money to the other account, or back when that one is closed. A worker
 * runs it until it is through; what a worker has begun that dies is begun again by another. The same command under the same
 * id is carried out once, so nothing is moved twice.
 */
export function transfers(accounts: BankAccounts) {
  return defineSubscription({
    name: 'transfers',
    from: [BankAccount],
    startAt: 'beginning',
    handle: {
      money_sent: async ({ aggregateId: from, body: { transfer, to, amount } }, { idempotencyKey: commandId }) => {
        const data = { transfer, from: from.hex, amount };
        // An account that was opened refuses money only when it is closed, for ever: whoever asks gets the same answer.
        const received = await accounts.evaluate(Timestamp.parse(to), { type: 'receiveMoney', data }, { commandId });
        const type = received.ok ? 'settleTransfer' : 'refundTransfer';
        await accounts.evaluate(from, { type, data: { transfer } }, { commandId });
      },
    },
  });
}

/** How far a transfer is whose money has left an account. */
export async function stageOf(store: Store, from: Timestamp, transfer: string): Promise<string> {
  const events = (await store.getEvents(from, 1)).filter(({ body }) => body['transfer'] === transfer);
  return STAGES[events.at(-1)?.type as keyof typeof STAGES];
}
