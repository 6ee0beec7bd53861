import { isDeepStrictEqual } from 'node:util';
import { fc, testProp } from '@fast-check/ava';
import { openAggregates } from '../../../src/aggregate/aggregates.js';
import { defineAggregate } from '../../../src/aggregate/definition/define-aggregate.js';
import { SnapshotLossError } from '../../../src/aggregate/snapshot/errors.js';
import type { NumberMode } from '../../../src/json/types.js';
import { InvalidSnapshotError } from '../../../src/store/errors.js';
import { MemoryStore } from '../../../src/store/memory-store.js';
import { anId } from '../../support/data/factories.js';

/** Whatever JavaScript has, JSON or not. */
const anything = fc.anything({
  ...{ withBigInt: true, withDate: true, withMap: true, withSet: true, withSparseArray: true, withTypedArray: true },
  ...{ withBoxedValues: true, withNullPrototype: true },
  maxDepth: 3,
});
const states = fc.oneof(anything, fc.jsonValue()).filter((state) => state !== undefined);

/** An aggregate that has this state after any event, and counts how often it was folded. */
function anAggregate(state: unknown, numbers: NumberMode, version: number | undefined) {
  const folded = { times: 0 };
  const definition = defineAggregate({
    name: 'any',
    initialState: () => 0 as never,
    commands: { happen: () => [{ type: 'happened', body: {} }] },
    events: {
      happened: () => {
        folded.times += 1;
        return state as never;
      },
    },
    numbers,
    snapshot: version === undefined ? {} : { version },
  });
  return { definition, folded };
}

testProp(
  'a snapshot of any state at all either brings back that very state in the next process, or is refused',
  [states, fc.constantFrom('plain', 'lossless'), fc.boolean()],
  async (t, value, numbers, hasVersion) => {
    const [state, version] = hasVersion ? [value, 1] : [{ value }, undefined];
    const store = new MemoryStore();
    const id = anId();
    const aggregates = openAggregates(anAggregate(state, numbers, version).definition, { store });
    await aggregates.evaluate(id, { type: 'happen' });
    try {
      await aggregates.snapshot(id);
    } catch (error) {
      t.true(error instanceof SnapshotLossError || error instanceof InvalidSnapshotError, String(error));
      t.is(await store.getSnapshot(id), undefined);
      return;
    }
    const { definition, folded } = anAggregate(state, numbers, version);
    t.true(isDeepStrictEqual(await openAggregates(definition, { store }).get(id), state));
    t.is(folded.times, 0, 'the snapshot was used');
  },
  { numRuns: 500 },
);
