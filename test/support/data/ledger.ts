import { defineAggregate } from '../../../src/index.js';

/** An aggregate that enters tokens, each in two events, and counts them; an entry with the token `none` has no events. */
export const Ledger = defineAggregate({
  name: 'ledger',
  initialState: () => ({ entries: 0 }),
  commands: {
    enter: (_state, { token }: { token: string }) =>
      token === 'none'
        ? []
        : [
            { type: 'entered', body: { token } },
            { type: 'confirmed', body: { token } },
          ],
  },
  events: {
    entered: ({ entries }, _body: { token: string }) => ({ entries: entries + 1 }),
    confirmed: (state, _body: { token: string }) => state,
  },
  snapshot: { every: 10 },
});
