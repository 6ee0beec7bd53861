import { defineAggregate } from '../../../src/aggregate/definition/define-aggregate.js';

/** The state of a {@link LedgerAccount}. */
interface LedgerState {
  readonly balance: number;
  readonly owner: { readonly name: string };
}

/** An account that is rendered, and whose event `broken` has a handler that fails. */
export const LedgerAccount = defineAggregate({
  name: 'ledger-account',
  initialState: (): LedgerState => ({ balance: 0, owner: { name: '' } }),
  commands: {},
  events: {
    opened: (state, { name }: { name: string }) => ({ ...state, owner: { name } }),
    deposited: (state, { amount }: { amount: number }) => ({ ...state, balance: state.balance + amount }),
    broken: (): LedgerState => {
      throw new Error('the ledger is upside down');
    },
  },
  render: ({ balance, owner }: LedgerState) => `${owner.name} has\n${balance} in all`,
  owns: { firstEvents: ['opened'] },
});
