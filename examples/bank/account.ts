import { type AggregatesOf, defineAggregate, reject } from 'maestro-store';
import { z } from 'zod';
import { accountNames } from './account-names.js';

/** The state of an account. Amounts of money are whole numbers of cents. */
export interface Account {
  /** Null before the account is opened; kept when it is closed. */
  readonly name: string | null;
  readonly isOpen: boolean;
  readonly balance: number;
  /** The transfers whose money has left this account, and has neither arrived nor come back. */
  readonly underWay: readonly Sent[];
  /** The ids of all transfers that it took part in: what makes a step that is repeated harmless. */
  readonly seen: readonly string[];
}

type Named = { readonly name: string };
type Renamed = { readonly name: string; readonly oldName: string };
type Money = { readonly amount: number };
/** A transfer as the account sees it that the money comes from, `to` being the other one. */
export type Sent = { readonly transfer: string; readonly to: string; readonly amount: number };
type Received = { readonly transfer: string; readonly from: string; readonly amount: number };

const Name = z.string().min(1);
const Cents = z.int().positive();
const SentBody = z.object({ transfer: z.string(), to: z.string(), amount: Cents });

export const BankAccount = defineAggregate({
  name: 'bank-account',
  initialState: (): Account => ({ name: null, isOpen: false, balance: 0, underWay: [], seen: [] }),

  // Commands decide: state and wish in, events or a refusal out.
  commands: {
    open: (state, { name }: Named) => {
      // Once closed is closed for ever, so that the refusal of a transfer is final.
      if (state.name !== null) return reject('opened_before');
      return Name.safeParse(name).success ? [{ type: 'account_opened', body: { name } }] : reject('invalid_name');
    },
    rename: (state, { name }: Named) => {
      if (!state.isOpen || state.name === null) return reject('not_open');
      if (!Name.safeParse(name).success) return reject('invalid_name');
      return name === state.name ? [] : [{ type: 'account_renamed', body: { name, oldName: state.name } }];
    },
    deposit: (state, { amount }: Money) => {
      if (!state.isOpen) return reject('not_open');
      return Cents.safeParse(amount).success
        ? [{ type: 'money_deposited', body: { amount } }]
        : reject('invalid_amount');
    },
    withdraw: (state, { amount }: Money) =>
      refusalToPay(state, amount) ?? [{ type: 'money_withdrawn', body: { amount } }],
    close: (state) => {
      if (!state.isOpen || state.name === null) return reject('not_open');
      if (state.balance > 0 || state.underWay.length > 0) return reject('not_empty');
      return [{ type: 'account_closed', body: { name: state.name } }];
    },

    // The steps of a transfer (see transfer.ts). One that was taken before has no event.
    sendMoney: (state, sent: Sent, { id }) => {
      if (state.seen.includes(sent.transfer)) return [];
      if (sent.to === id.hex) return reject('same_account');
      return refusalToPay(state, sent.amount) ?? [{ type: 'money_sent', body: sent }];
    },
    receiveMoney: (state, received: Received) => {
      if (state.seen.includes(received.transfer)) return [];
      return state.isOpen ? [{ type: 'money_received', body: received }] : reject('not_open');
    },
    settleTransfer: ({ underWay }, { transfer }: Pick<Sent, 'transfer'>) =>
      underWay.filter((sent) => sent.transfer === transfer).map((body) => ({ type: 'transfer_settled', body })),
    refundTransfer: ({ underWay }, { transfer }: Pick<Sent, 'transfer'>) =>
      underWay.filter((sent) => sent.transfer === transfer).map((body) => ({ type: 'money_refunded', body })),
  },

  // Events have happened: they change the state and never say no.
  events: {
    account_opened: (state, { name }) => ({ ...state, name, isOpen: true }),
    account_renamed: (state, { name }: Renamed) => ({ ...state, name }),
    account_closed: (state, _body: Named) => ({ ...state, isOpen: false }),
    money_deposited: (state, { amount }) => ({ ...state, balance: state.balance + amount }),
    money_withdrawn: (state, { amount }: Money) => ({ ...state, balance: state.balance - amount }),
    money_sent: (state, sent: Sent) => ({
      ...state,
      balance: state.balance - sent.amount,
      underWay: [...state.underWay, sent],
      seen: [...state.seen, sent.transfer],
    }),
    money_received: (state, { transfer, amount }: Received) => ({
      ...state,
      balance: state.balance + amount,
      seen: [...state.seen, transfer],
    }),
    transfer_settled: (state, { transfer }: Sent) => without(state, transfer),
    money_refunded: (state, { transfer, amount }: Sent) => ({
      ...without(state, transfer),
      balance: state.balance + amount,
    }),
  },

  // Bodies are checked when they are written and when they are read, by any library with Standard Schema.
  schemas: {
    account_opened: z.object({ name: Name }),
    account_renamed: z.object({ name: Name, oldName: Name }),
    account_closed: z.object({ name: Name }),
    money_deposited: z.object({ amount: Cents }),
    money_withdrawn: z.object({ amount: Cents }),
    money_sent: SentBody,
    money_received: z.object({ transfer: z.string(), from: z.string(), amount: Cents }),
    transfer_settled: SentBody,
    money_refunded: SentBody,
  },
  // The bank once counted in euros: {"sum": 12.5}. What was stored stays as it is, and is read as {"amount": 1250}.
  upcasters: {
    money_deposited: ({ sum, ...body }) => (sum === undefined ? body : { amount: Math.round(Number(sum) * 100) }),
  },
  projections: [accountNames],
  snapshot: { every: 50, version: 1 },
  owns: { firstEvents: ['account_opened'] },
  render: statement,
});

/** The accounts of an open database, typed by their definition. */
export type BankAccounts = AggregatesOf<typeof BankAccount>;

/** The reason that an account cannot pay an amount; undefined when it can. */
function refusalToPay({ isOpen, balance }: Account, amount: number) {
  if (!isOpen) return reject('not_open');
  if (!Cents.safeParse(amount).success) return reject('invalid_amount');
  return amount > balance ? reject('not_enough_money') : undefined;
}

/** The state when the money of a transfer is no longer under way. */
function without(state: Account, transfer: string): Account {
  return { ...state, underWay: state.underWay.filter((sent) => sent.transfer !== transfer) };
}

/** An account as people read it in a terminal. */
function statement({ name, isOpen, balance, underWay }: Account): string {
  const transfers = underWay.map(({ to, amount }) => `\n${euros(amount).padStart(12)}  under way to ${to}`);
  return `${name ?? 'nobody'}${isOpen ? '' : ' (not open)'}\n${euros(balance).padStart(12)}${transfers.join('')}`;
}

/** `1250` as people read it: `12.50 €`. */
export function euros(cents: number): string {
  return `${(cents / 100).toFixed(2)} €`;
}
