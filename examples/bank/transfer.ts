import { type Result, Timestamp } from 'maestro-store';
import type { BankAccounts, Sent } from './account.js';

/** The end of a transfer whose money has left its account. */
export type Outcome = 'arrived' | 'refunded';

/** The reason that no money has left an account. */
export type Refusal = 'not_open' | 'invalid_amount' | 'not_enough_money' | 'same_account' | 'no_such_account';

/** An amount to move, in cents, and the accounts that it leaves and reaches. */
export interface Order {
  readonly from: Timestamp;
  readonly to: Timestamp;
  readonly amount: number;
}

/**
 * Moves money from one account to another, or back when the other one is closed. An aggregate is the largest thing that
 * changes in one transaction, so this takes several: the money leaves, arrives, and the transfer is settled. Every step
 * can be taken again, by any process, and moves nothing twice. After a crash see {@link resumeTransfers}.
 */
export async function transfer(accounts: BankAccounts, { from, to, amount }: Order): Promise<Result<Outcome, Refusal>> {
  if ((await accounts.fetch(to)).name === null) return { ok: false, error: 'no_such_account' };
  const sent: Sent = { transfer: accounts.create().hex, to: to.hex, amount };
  const result = await accounts.evaluate(from, { type: 'sendMoney', data: sent });
  return result.ok ? { ok: true, value: await finish(accounts, from, sent) } : result;
}

/** Finishes the transfers from an account that are under way, such as those of a process that has crashed. */
export async function resumeTransfers(accounts: BankAccounts, id: Timestamp): Promise<Outcome[]> {
  const { underWay } = await accounts.fetch(id);
  const outcomes: Outcome[] = [];
  for (const sent of underWay) outcomes.push(await finish(accounts, id, sent));
  return outcomes;
}

/** An account that was opened refuses money only when it is closed, for ever. So whoever asks gets the same answer. */
async function finish(accounts: BankAccounts, from: Timestamp, { transfer, to, amount }: Sent): Promise<Outcome> {
  const data = { transfer, from: from.hex, amount };
  const received = await accounts.evaluate(Timestamp.parse(to), { type: 'receiveMoney', data });
  const type = received.ok ? 'settleTransfer' : 'refundTransfer';
  await accounts.evaluate(from, { type, data: { transfer } });
  return received.ok ? 'arrived' : 'refunded';
}
