import { type Aggregates, Clock, openAggregates, type Store } from '../../src/index.js';
import { anId } from '../support/data/factories.js';
import { PlainTally, TALLIES, type Tallies } from './tally.js';

/** Options of one handle, which is opened as by another process: with a clock, a memory and a policy of its own. */
export interface HandleOptions {
  readonly policy: keyof typeof TALLIES;
  readonly max: number;
  readonly keep: boolean;
  readonly skew: number;
}

/** A handle, and how much of each aggregate it has shown already. */
export interface Handle {
  readonly options: HandleOptions;
  readonly aggregates: Aggregates<Tallies>;
  readonly seen: number[];
}

export const AGGREGATES = 3;

/** The system under test. */
export class TallySystem {
  readonly ids = Array.from({ length: AGGREGATES }, () => anId());
  readonly handles: Handle[];
  readonly snapshotErrors: unknown[] = [];
  #time = Date.UTC(2026, 0, 1);

  constructor(
    readonly store: Store,
    handles: readonly HandleOptions[],
  ) {
    this.handles = handles.map((options) => this.open(options));
  }

  open(options: HandleOptions): Handle {
    const { policy, max, keep, skew } = options;
    const aggregates = openAggregates(TALLIES[policy], {
      store: this.store,
      clock: new Clock({ physicalTime: () => (this.#time += 1) + skew }),
      idle: { max, snapshot: keep },
      onSnapshotError: (error) => this.snapshotErrors.push(error),
    });
    return { options, aggregates, seen: Array.from({ length: AGGREGATES }, () => 0) };
  }
}

/** The model that a system must agree with. */
export class TallyModel {
  readonly tallies = Array.from({ length: AGGREGATES }, () => new PlainTally());
}
