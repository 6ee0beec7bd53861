// The configuration with which `maestro ui` is measured: one aggregate that owns what `large-log.ts` writes, and a subscription to it.
import { defineAggregate, defineConfig, defineSubscription } from '../../dist/src/index.js';

const types = ['audited', ...Array.from({ length: 7 }, (_, index) => `changed_${index}`)];

const Counter = defineAggregate({
  name: 'counter',
  initialState: () => ({ events: 0, total: 0, last: null }),
  commands: {},
  events: Object.fromEntries(
    types.map((type) => [
      type,
      ({ events, total }, { amount }) => ({ events: events + 1, total: total + amount, last: type }),
    ]),
  ),
  owns: { firstEvents: types },
});

// Subscription that begins where the log ends, so that it has a position for each aggregate and nothing to do.
const watchers = defineSubscription({
  name: 'watchers',
  from: [Counter],
  startAt: 'now',
  handle: Object.fromEntries(types.map((type) => [type, () => Promise.resolve()])),
});

export default defineConfig({ aggregates: [Counter], projections: [watchers] });
