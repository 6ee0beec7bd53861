import { defineAggregate } from '../../../src/aggregate/definition/define-aggregate.js';

/** The state of the counter of Elixir Maestro's own tests. */
export interface SampleState {
  readonly value: number;
  readonly name: string | null;
  readonly tags: readonly string[];
}

/**
 * The aggregate that wrote the Elixir fixture: a counter with a name and tags. Its increments carry a message only, and
 * each counts one.
 */
export const SampleAggregate = defineAggregate({
  name: 'sample-counter',
  initialState: (): SampleState => ({ value: 0, name: null, tags: [] }),
  commands: {
    increment_counter: () => [{ type: 'counter_incremented', body: { message: 'increment' } }],
    decrement_counter: () => [{ type: 'counter_decremented', body: { message: 'decrement' } }],
    name_counter: ({ name }, data: { name: string }, { reject }) =>
      name === null ? [{ type: 'counter_named', body: data }] : reject('name_already_set'),
    tag_counter: (_state, data: { tag: string }) => [{ type: 'counter_tagged', body: data }],
  },
  events: {
    counter_incremented: (state, _body: { message: string }) => ({ ...state, value: state.value + 1 }),
    counter_decremented: (state, _body: { message: string }) => ({ ...state, value: state.value - 1 }),
    counter_named: (state, { name }: { name: string }) => ({ ...state, name }),
    counter_tagged: (state, { tag }: { tag: string }) => ({ ...state, tags: [...state.tags, tag] }),
  },
  owns: { firstEvents: ['counter_incremented', 'counter_named'] },
});
