import { z } from 'zod';
import { defineAggregate } from '../../../src/index.js';

/** An aggregate with all that stands between a stored event and a state. */
export const Account = defineAggregate({
  name: 'account',
  initialState: () => ({ owner: '', cents: 0, openedBy: '', openedIn: 0 }),
  commands: {
    open: (_state, { owner }: { owner: string }, { sequence, id, reject }) => {
      if (sequence > 0) return reject('opened_before');
      if (owner === id.hex) return reject({ owner, isAnId: true });
      return [{ type: 'opened', body: { owner } }];
    },
    deposit: (_state, { cents }: { cents: number }) => [{ type: 'deposited', body: { cents } }],
    withdraw: (state, { cents }: { cents: number }, { reject }) =>
      cents > state.cents ? reject('not_enough_money') : [{ type: 'withdrawn', body: { cents } }],
    empty: (state) =>
      state.cents === 0
        ? []
        : [
            { type: 'withdrawn', body: { cents: state.cents } },
            { type: 'opened', body: { owner: 'nobody' } },
          ],
    break: (_state, { how }: { how: 'throw' | 'body' }) => {
      if (how === 'throw') throw new RangeError('out of range');
      return [{ type: 'deposited', body: { cents: Number.NaN } }];
    },
  },
  events: {
    opened: (state, { owner, by = '', year = 0 }: { owner: string; by?: string; year?: number }) => ({
      ...state,
      owner,
      openedBy: by,
      openedIn: year,
    }),
    deposited: (state, { cents }) => ({ ...state, cents: state.cents + cents }),
    withdrawn: (state, { cents }: { cents: number }) => ({ ...state, cents: state.cents - cents }),
  },
  schemas: { deposited: z.object({ cents: z.union([z.int(), z.string().transform(Number)]) }) },
  aliases: { withdrawn: ['taken'] },
  upcasters: {
    opened: (body, { metadata, timestamp }) => ({
      ...body,
      by: metadata?.['user'] ?? '',
      year: new Date(timestamp.time).getUTCFullYear(),
    }),
    deposited: ({ euros, ...body }) => (euros === undefined ? body : { cents: Number(euros) * 100 }),
  },
});
