import fc from 'fast-check';
import { Clock, defineAggregate, openAggregates, type Store, type Timestamp } from '../../../src/index.js';
import { appendEvents } from '../../../src/store/append.js';
import { anId } from '../data/factories.js';

/** One command of a writer, some time after the one before. */
export interface Step {
  /** The writer; Elixir's places events without looking at the timestamps of earlier ones. */
  readonly by: 'elixir' | 'append' | 'evaluate' | 'evaluate anew' | 'snapshot';
  readonly node: number;
  readonly aggregate: number;
  readonly events: number;
  readonly after: number;
}

/** Clock errors of some nodes, in milliseconds, and the commands that they run. */
export interface Plan {
  readonly skews: readonly number[];
  readonly steps: readonly Step[];
}

/** The clocks of nodes differ by less than the largest drift; a few commands of a few writers on a few aggregates. */
export function plans(): fc.Arbitrary<Plan> {
  return fc.record({
    skews: fc.array(fc.oneof(fc.constantFrom(0, 0, 60_000, -230_000, -5), fc.integer({ min: -2000, max: 60_000 })), {
      minLength: 3,
      maxLength: 3,
    }),
    steps: fc.array(
      fc.record({
        by: fc.constantFrom<Step['by']>('elixir', 'elixir', 'append', 'evaluate', 'evaluate anew', 'snapshot'),
        node: fc.integer({ min: 0, max: 2 }),
        aggregate: fc.integer({ min: 0, max: 2 }),
        events: fc.integer({ min: 1, max: 3 }),
        after: fc.constantFrom(0, 0, 1, 50, 3000),
      }),
      { minLength: 1, maxLength: 25 },
    ),
  });
}

const Tally = defineAggregate({
  name: 'tally',
  initialState: (): { count: number } => ({ count: 0 }),
  commands: {
    count: (_state, data: { events: number }) =>
      Array.from({ length: data.events }, () => ({ type: 'counted' as const, body: {} })),
  },
  events: { counted: ({ count }) => ({ count: count + 1 }) },
});

/** The events of one aggregate, and which of them this library has placed. */
export interface Told {
  readonly id: Timestamp;
  readonly ours: ReadonlySet<number>;
  /** By sequence: what the clock of the one who wrote it showed then. */
  readonly clocks: ReadonlyMap<number, number>;
}

/** Carries a plan out on a store, on a time that only the plan moves. */
export async function carriedOut(
  store: Store & Required<Pick<Store, 'getLastEvent'>>,
  { skews, steps }: Plan,
): Promise<readonly Told[]> {
  let time = Date.UTC(2026, 0, 1, 12);
  const nodes = skews.map((skew) => {
    const physicalTime = () => time + skew;
    const clock = new Clock({ physicalTime });
    return {
      elixir: new Clock({ physicalTime }),
      clock,
      tallies: openAggregates(Tally, { store, clock }),
      physicalTime,
    };
  });
  const told = Array.from({ length: 3 }, () => ({
    id: anId(),
    ours: new Set<number>(),
    clocks: new Map<number, number>(),
  }));
  for (const { by, node, aggregate, events, after } of steps) {
    time += after;
    const [writer, at] = [nodes[node], told[aggregate]];
    if (writer === undefined || at === undefined) continue;
    const { id } = at;
    const draft = { type: 'counted', body: {} };
    let sequences: readonly number[] = [];
    if (by === 'elixir') {
      const last = (await store.getLastEvent(id))?.sequence ?? 0;
      sequences = Array.from({ length: events }, (_, index) => last + index + 1);
      await store.commitEvents(
        sequences.map((sequence) => ({ ...draft, aggregateId: id, sequence, timestamp: writer.elixir.now() })),
      );
    } else if (by === 'append') {
      const drafts = Array.from({ length: events }, () => draft);
      sequences = (await appendEvents(store, writer.clock, id, drafts)).map(({ sequence }) => sequence);
    } else if (by === 'snapshot') {
      if ((await store.getLastEvent(id)) !== undefined) await writer.tallies.snapshot(id);
    } else {
      const tallies =
        by === 'evaluate' ? writer.tallies : openAggregates(Tally, { store, clock: writer.clock, idle: { max: 0 } });
      const result = await tallies.evaluate(id, { type: 'count', data: { events } }, { return: 'events' });
      sequences = result.ok ? result.value.map(({ sequence }) => sequence) : [];
    }
    for (const sequence of sequences) {
      if (by !== 'elixir') at.ours.add(sequence);
      at.clocks.set(sequence, writer.physicalTime());
    }
  }
  return told;
}
