import { type CommandOf, defineAggregate, type EventOf, type SnapshotPolicy } from '../../src/index.js';

/** Every event makes another state of it, so a state tells which events are in it. */
export interface TallyState {
  readonly count: number;
  readonly name: string;
  readonly changes: number;
}

const tally = (snapshot: SnapshotPolicy<TallyState>) =>
  defineAggregate({
    name: 'tally',
    initialState: (): TallyState => ({ count: 0, name: '', changes: 0 }),
    commands: {
      add: (_state, { by }: { by: number }) => [{ type: 'added', body: { by } }],
      addEach: (_state, { each }: { each: readonly number[] }) => each.map((by) => ({ type: 'added', body: { by } })),
      spend: (state, { by }: { by: number }, { reject, sequence }) =>
        by > state.count ? reject({ lacking: by - state.count, sequence }) : [{ type: 'spent', body: { by } }],
      rename: (state, { to }: { to: string }, { reject }) =>
        state.name === to ? reject('same_name') : [{ type: 'renamed', body: { to } }],
      reset: (state) =>
        state.count === 0
          ? []
          : [
              { type: 'spent', body: { by: state.count } },
              { type: 'renamed', body: { to: '' } },
            ],
    },
    events: {
      added: (state, { by }: { by: number }) => ({ ...state, count: state.count + by, changes: state.changes + 1 }),
      spent: (state, { by }: { by: number }) => ({ ...state, count: state.count - by, changes: state.changes + 1 }),
      renamed: (state, { to }: { to: string }) => ({ ...state, name: to, changes: state.changes + 1 }),
    },
    snapshot,
  });

/** The same aggregate under several policies: processes of different releases share a store. */
export const TALLIES = {
  never: tally({}),
  every3: tally({ every: 3 }),
  versioned: tally({
    every: 3,
    version: 2,
    encode: ({ count, name, changes }) => [count, name, changes],
    decode: (json) => {
      const [count, name, changes] = json as [number, string, number];
      return { count, name, changes };
    },
  }),
};

export type Tallies = NonNullable<(typeof TALLIES)['never']['types']>;
export type TallyCommand = CommandOf<Tallies['commands']>;
export type TallyEvent = EventOf<Tallies['events']>;

/** A plain model of one aggregate: all its states, and the events between them. */
export class PlainTally {
  readonly states: TallyState[] = [{ count: 0, name: '', changes: 0 }];
  readonly events: TallyEvent[] = [];

  get now(): TallyState {
    return this.states.at(-1) as TallyState;
  }

  decide(command: TallyCommand): { readonly rejection: unknown } | { readonly drafts: readonly object[] } {
    const { count, name } = this.now;
    const added = (by: number) => ({ type: 'added', body: { by } });
    if (command.type === 'add') return { drafts: [added(command.data.by)] };
    if (command.type === 'addEach') return { drafts: command.data.each.map(added) };
    if (command.type === 'reset' && count === 0) return { drafts: [] };
    if (command.type === 'reset')
      return {
        drafts: [
          { type: 'spent', body: { by: count } },
          { type: 'renamed', body: { to: '' } },
        ],
      };
    if (command.type === 'rename' && command.data.to === name) return { rejection: 'same_name' };
    if (command.type === 'rename') return { drafts: [{ type: 'renamed', body: { to: command.data.to } }] };
    const { by } = command.data;
    if (by > count) return { rejection: { lacking: by - count, sequence: this.events.length } };
    return { drafts: [{ type: 'spent', body: { by } }] };
  }

  append(event: TallyEvent): void {
    const next = { ...this.now, changes: this.now.changes + 1 };
    if (event.type === 'added') next.count += event.body.by;
    if (event.type === 'spent') next.count -= event.body.by;
    if (event.type === 'renamed') next.name = event.body.to;
    this.states.push(next);
    this.events.push(event);
  }
}
