import type { PostgresStore } from '../dist/src/index.js';
import { openAggregates } from '../dist/src/index.js';
import { defineAggregate } from '../dist/src/index.js';
import { Clock } from '../dist/src/index.js';
import { bodyAt } from './contenders/contender.js';

type Body = ReturnType<typeof bodyAt>;

/** An aggregate that counts; its events have the bodies that all contenders write. */
export const Counter = defineAggregate({
  name: 'counter',
  initialState: () => ({ value: 0 }),
  commands: { increment: (_state, data: Body) => [{ type: 'incremented', body: data }] },
  events: { incremented: ({ value }, _body: Body) => ({ value: value + 1 }) },
});

/** The command that makes one event. */
export function increment(index: number): { readonly type: 'increment'; readonly data: Body } {
  return { type: 'increment', data: bodyAt(index) };
}

/** Counters with an empty cache and a clock of their own, as in a new process. */
export function openCounters(store: PostgresStore, clock = new Clock(), maxAttempts = 10_000) {
  return openAggregates(Counter, { store, clock, maxAttempts });
}
