/** Declares `Account`, as a configuration file does: its owner, and a balance to which nothing below zero is added. */
export const ACCOUNT = `
const Account = defineAggregate({
  name: 'account',
  initialState: () => ({ owner: '', balance: 0 }),
  commands: {},
  events: {
    opened: (state, { owner }: { owner: string }) => ({ ...state, owner }),
    deposited: (state, { amount }: { amount: number }) => {
      if (amount < 0) throw new Error('no such deposit');
      return { ...state, balance: state.balance + amount };
    },
  },
  owns: { firstEvents: ['opened'] },
});`;

/** Declares `Person`: who joins must have an e-mail address, which a schema checks, and one of the events always fails. */
export const PERSON = `
const schema = { '~standard': { version: 1, vendor: 'test', validate: (body: { email?: unknown }) =>
  typeof body.email === 'string' ? { value: body } : { issues: [{ message: 'is no text', path: ['email'] }] } } };
const Person = defineAggregate({
  name: 'person',
  initialState: () => ({ email: '' }),
  commands: {},
  events: {
    joined: (_state, { email }: { email: string }) => ({ email }),
    said: (state) => state,
    failed: () => { throw new Error('as ever'); },
  },
  schemas: { joined: schema },
  owns: { firstEvents: ['joined', 'failed'] },
});`;
