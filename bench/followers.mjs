import { defineAggregate, defineSubscription } from '../dist/src/index.js';

const Counter = defineAggregate({
  name: 'counter',
  initialState: () => ({}),
  commands: {},
  events: { changed_1: (state) => state },
});

/** Subscription that begins where the log ends, so that it has a position for each aggregate and nothing to do. */
export const followers = defineSubscription({
  name: 'followers',
  from: [Counter],
  startAt: 'now',
  handle: { changed_1: () => Promise.resolve() },
});
