import { defineAggregate, defineConfig } from 'maestro-store';

interface Tally {
  readonly total: number;
  readonly last?: unknown;
}

/** An aggregate whose handlers fail in every way that a handler can. */
const Tally = defineAggregate({
  name: 'tally',
  initialState: (): Tally => ({ total: 0 }),
  commands: {},
  events: {
    added: (state, { by }: { by: number }) => ({ ...state, total: state.total + by }),
    thrown: (): Tally => {
      throw new Error('\u001b[2Jboom\nand more of it');
    },
    mutated: (state) => Object.assign(state, { total: 0 }),
    endless: (state) => ({ ...state, total: Number.POSITIVE_INFINITY }),
    unshowable: (state) => ({ ...state, last: () => 'no JSON' }),
  },
  snapshot: {
    encode: (state) => {
      if (state.last !== undefined) throw new Error('not this one');
      return { total: state.total };
    },
    decode: (stored): Tally => ({ total: (stored as { total: number }).total }),
  },
  owns: { firstEvents: ['added', 'thrown'] },
});

export default defineConfig({ aggregates: [Tally] });
