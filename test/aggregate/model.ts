import assert from 'node:assert/strict';
import fc from 'fast-check';
import { InvalidArgumentError, Timestamp } from '../../src/index.js';
import type { PlainTally, TallyCommand } from './tally.js';
import { anId } from '../support/data/factories.js';
import { AGGREGATES, type Handle, type HandleOptions, type TallyModel, type TallySystem } from './tally-system.js';

/** A handle and an aggregate, and what is expected of them. */
interface Place extends Handle {
  readonly id: Timestamp;
  readonly index: number;
  readonly plain: PlainTally;
  readonly system: TallySystem;
}

/** One action on one aggregate through one handle. */
class Step implements fc.AsyncCommand<TallyModel, TallySystem> {
  constructor(
    readonly title: string,
    readonly at: { readonly handle: number; readonly index: number },
    readonly act: (place: Place) => Promise<unknown>,
  ) {}

  check(): boolean {
    return true;
  }

  async run({ tallies }: TallyModel, system: TallySystem): Promise<void> {
    const { index } = this.at;
    const handle = system.handles[this.at.handle % system.handles.length] as Handle;
    const id = system.ids[index] as Timestamp;
    await this.act({ ...handle, id, index, plain: tallies[index] as PlainTally, system });
    for (const { aggregates, options } of system.handles) assert.ok(aggregates.size <= options.max, 'too many stay');
  }

  toString(): string {
    return `${this.title} (aggregate ${this.at.index}, handle ${this.at.handle})`;
  }
}

async function evaluate(place: Place, command: TallyCommand): Promise<void> {
  const { aggregates, options, id, index, plain, seen, system } = place;
  const expected = plain.decide(command);
  const result = await aggregates.evaluate(id, command);
  if ('rejection' in expected) {
    assert.deepEqual(result, { ok: false, error: expected.rejection });
    // Decided on all that was there, so from now on this handle knows it.
    seen[index] = plain.events.length;
    return;
  }
  assert.ok(result.ok, 'not rejected');
  const { events, state, sequence } = result.value;
  assert.deepEqual(
    events.map(({ type, body }) => ({ type, body })),
    expected.drafts,
  );
  for (const event of events) plain.append(event);
  assert.deepEqual(state, plain.now);
  assert.equal(sequence, plain.events.length);
  seen[index] = sequence;
  if (options.policy === 'never' || events.length === 0 || sequence < 3) return;
  const stored = (await system.store.getSnapshot(id, 1))?.sequence ?? 0;
  assert.ok(stored > sequence - 3, `the snapshot is of ${stored}, the last event is ${sequence}`);
}

/** All handles at once: each command builds on the one before, and those of one handle take effect in their order. */
async function addTogether({ system, id, index, plain }: Place, each: readonly number[]): Promise<void> {
  const byHandle = await Promise.all(
    system.handles.map(({ aggregates }) =>
      Promise.all(
        each.map(async (by) => {
          const result = await aggregates.evaluate(id, { type: 'add', data: { by } });
          assert.ok(result.ok, 'not rejected');
          return { by, ...result.value };
        }),
      ),
    ),
  );
  for (const [nth, results] of byHandle.entries()) {
    const sequences = results.map(({ sequence }) => sequence);
    assert.deepEqual(
      sequences,
      sequences.toSorted((a, b) => a - b),
    );
    (system.handles[nth] as Handle).seen[index] = Math.max(...sequences);
  }
  for (const { by, events, state, sequence } of byHandle.flat().sort((a, b) => a.sequence - b.sequence)) {
    for (const event of events) plain.append(event);
    assert.deepEqual(
      events.map(({ body }) => body),
      [{ by }],
    );
    assert.equal(sequence, plain.events.length);
    assert.deepEqual(state, plain.now);
  }
}

async function get({ aggregates, options, id, index, plain, seen }: Place): Promise<void> {
  const state = await aggregates.get(id);
  const oldest = options.max === 0 ? plain.events.length : (seen[index] ?? 0);
  assert.ok(state.changes >= oldest, `shows ${state.changes} events, must know ${oldest}`);
  assert.deepEqual(state, plain.states[state.changes]);
  seen[index] = state.changes;
}

async function fetch({ aggregates, id, index, plain, seen }: Place): Promise<void> {
  assert.deepEqual(await aggregates.fetch(id), plain.now);
  seen[index] = plain.events.length;
}

async function replay({ aggregates, id, plain }: Place, sequence: number): Promise<void> {
  assert.deepEqual(await aggregates.replay(id, sequence), plain.states[sequence] ?? plain.now);
}

const TIMES = ['just before', 'at', 'just after', 'millisecond of', 'date of'] as const;

async function replayAt({ aggregates, id, plain }: Place, time: (typeof TIMES)[number], nth: number): Promise<void> {
  const sequence = 1 + (nth % Math.max(1, plain.events.length));
  const event = plain.events[sequence - 1];
  if (event === undefined) return assert.deepEqual(await aggregates.replayAt(id, anId()), plain.now);
  const { timestamp } = event;
  const inMillisecond = plain.events.filter((other) => other.timestamp.time <= timestamp.time).length;
  const [moment, expected] = {
    'just before': [neighbour(timestamp, -1n), sequence - 1] as const,
    at: [timestamp, sequence] as const,
    'just after': [neighbour(timestamp, 1n), sequence] as const,
    'millisecond of': [timestamp.time, inMillisecond] as const,
    'date of': [new Date(timestamp.time), inMillisecond] as const,
  }[time];
  assert.deepEqual(await aggregates.replayAt(id, moment), plain.states[expected]);
}

function neighbour({ hex }: Timestamp, step: bigint): Timestamp {
  return Timestamp.parse((BigInt(`0x${hex}`) + step).toString(16).padStart(32, '0'));
}

async function snapshot({ aggregates, id, index, plain, seen, system: { store } }: Place): Promise<void> {
  const { length } = plain.events;
  if (length === 0) return await assert.rejects(aggregates.snapshot(id), InvalidArgumentError);
  const stored = (await store.getSnapshot(id, 1))?.sequence ?? 0;
  assert.equal(await aggregates.snapshot(id), stored < length ? 'committed' : 'stale');
  assert.equal((await store.getSnapshot(id, 1))?.sequence, length);
  seen[index] = length;
}

/** Some ways to open the two or three handles of a run. */
export function someHandles(): fc.Arbitrary<HandleOptions[]> {
  return fc.array(handleOptions(), { minLength: 2, maxLength: 3 });
}

function handleOptions(): fc.Arbitrary<HandleOptions> {
  return fc.record({
    policy: fc.constantFrom('never', 'every3', 'versioned'),
    max: fc.constantFrom(0, 1, 5),
    keep: fc.boolean(),
    skew: fc.integer({ min: -2000, max: 2000 }),
  });
}

/** Commands to a system, in any order. */
export function someSteps(maxCommands: number): fc.Arbitrary<Iterable<fc.AsyncCommand<TallyModel, TallySystem>>> {
  const at = { handle: fc.nat({ max: 2 }), index: fc.nat({ max: AGGREGATES - 1 }) };
  const step = <Data>(title: string, data: fc.Arbitrary<Data>, act: (place: Place, data: Data) => Promise<unknown>) =>
    fc.record({ ...at, data }).map(({ data, ...where }) => {
      const text = data === undefined ? title : `${title} ${JSON.stringify(data)}`;
      return new Step(text, where, (place) => act(place, data));
    });
  const amount = fc.integer({ min: 1, max: 9 });
  const nothing = fc.constant(undefined);
  return fc.commands(
    [
      step('add', amount, (place, by) => evaluate(place, { type: 'add', data: { by } })),
      step('add each', fc.array(amount, { maxLength: 4 }), (place, each) =>
        evaluate(place, { type: 'addEach', data: { each } }),
      ),
      step('spend', amount, (place, by) => evaluate(place, { type: 'spend', data: { by } })),
      step('rename', fc.constantFrom('a', 'b'), (place, to) => evaluate(place, { type: 'rename', data: { to } })),
      step('reset', nothing, (place) => evaluate(place, { type: 'reset' })),
      step('add together', fc.array(amount, { minLength: 1, maxLength: 2 }), addTogether),
      step('get', nothing, get),
      step('fetch', nothing, fetch),
      step('replay', fc.nat({ max: 30 }), replay),
      step('replay at', fc.tuple(fc.constantFrom(...TIMES), fc.nat()), (place, time) => replayAt(place, ...time)),
      step('snapshot', nothing, snapshot),
      step('open anew', handleOptions(), async ({ system, aggregates }, options) => {
        const index = system.handles.findIndex((handle) => handle.aggregates === aggregates);
        system.handles[index] = system.open(options);
      }),
    ],
    { maxCommands, size: 'max' },
  );
}

/** The log is the model's history: no gap, nothing twice, and times that increase with the sequence. */
export async function assertLog({ tallies }: TallyModel, { store, ids, snapshotErrors }: TallySystem): Promise<void> {
  for (const [index, { events }] of tallies.entries()) {
    const stored = await store.getEvents(ids[index] as Timestamp, 1);
    assert.deepEqual(stored, events);
    for (const [before, { sequence, timestamp }] of stored.entries()) {
      assert.equal(sequence, before + 1);
      const previous = stored[before - 1]?.timestamp;
      assert.ok(previous === undefined || timestamp.compare(previous) > 0, `not later than before: ${sequence}`);
    }
  }
  assert.deepEqual(snapshotErrors, []);
}
