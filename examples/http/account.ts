import { defineAggregate, reject } from 'maestro-store';
import { z } from 'zod';

/** The state of an account. Amounts of money are whole numbers of cents. */
export interface AccountState {
  /** Null before the account is opened. */
  readonly owner: string | null;
  readonly balance: number;
}

export const Account = defineAggregate({
  name: 'account',
  initialState: (): AccountState => ({ owner: null, balance: 0 }),
  commands: {
    open: ({ owner }, body: { owner: string }) =>
      owner === null ? [{ type: 'opened', body }] : reject('already_open'),
    deposit: ({ owner }, body: { amount: number }) =>
      owner === null ? reject('not_open') : [{ type: 'deposited', body }],
    withdraw: ({ owner, balance }, body: { amount: number }) => {
      if (owner === null) return reject('not_open');
      return body.amount > balance ? reject('not_enough_money') : [{ type: 'withdrawn', body }];
    },
  },
  events: {
    opened: (state, { owner }: { owner: string }) => ({ ...state, owner }),
    deposited: (state, { amount }: { amount: number }) => ({ ...state, balance: state.balance + amount }),
    withdrawn: (state, { amount }: { amount: number }) => ({ ...state, balance: state.balance - amount }),
  },
  owns: { firstEvents: ['opened'] },
});

const Owner = z.strictObject({ owner: z.string().min(1).max(200) });
/** Ten million at once, so that no balance that anybody lives to see is beyond what a number counts in cents. */
const Money = z.strictObject({ amount: z.int().positive().max(1_000_000_000) });

/** The commands that clients may send: what comes from outside is checked before anything is decided. */
export const Command = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('open'), data: Owner }),
  z.strictObject({ type: z.literal('deposit'), data: Money }),
  z.strictObject({ type: z.literal('withdraw'), data: Money }),
]);
export type Command = z.infer<typeof Command>;
