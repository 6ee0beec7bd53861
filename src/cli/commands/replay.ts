import type { Command } from 'commander';
import type { Definition } from '../../aggregate/definition/definition.js';
import type { MaestroError } from '../../errors.js';
import type { Timestamp } from '../../hlc/timestamp.js';
import type { PostgresStore } from '../../store/postgres-store.js';
import { sequence, sequenceOrZero } from '../input/arguments.js';
import { assertAggregate } from '../fold/assert-aggregate.js';
import { aggregateChoice } from '../fold/choose-aggregate.js';
import type { CliContext } from '../context.js';
import { UsageError } from '../errors.js';
import { FOUND } from '../exit-codes.js';
import { missingWithin, tellMissingEnd } from '../fold/missing-events.js';
import { mergedBecause } from '../fold/folding.js';
import { lastReading } from '../input/time-options.js';
import { bound, longBound } from '../input/bounds.js';
import { printFacts } from '../output/print-facts.js';
import { assertOneMoment, replaySteps, type StepsOptions } from '../fold/replay-steps.js';
import { createSession, type Session, withDatabase } from '../session.js';
import { pointInTime } from '../input/time-argument.js';
import { assertNotTheId } from '../input/time-bound.js';
import { warnOfClocks } from '../output/warn-of-clocks.js';
import { type IdArgument, idOrPrefix } from '../input/id-argument.js';
import { resolveAggregateId } from '../input/resolve-id.js';

interface ReplayOptions extends StepsOptions {
  readonly steps?: boolean;
  /** False with `--no-snapshot`. */
  readonly snapshot: boolean;
}

/** A state, and how it came to be. */
interface Replayed {
  readonly sequence: number;
  readonly timestamp: Timestamp | undefined;
  /** The state as JSON text. */
  readonly state: string;
  /** The name of the aggregate whose handlers folded it; absent when the bodies were merged. */
  readonly aggregate?: string;
  /** The sequence of the snapshot that it began with; 0 for none. */
  readonly snapshot?: number;
  /** What people are told about it. */
  readonly how: string;
  /** The state as the application shows it. */
  readonly rendered?: string | undefined;
}

/** Declares `maestro replay`; `exit` is told when a step has a fault. */
export function registerReplay(program: Command, context: CliContext, exit: (code: number) => void): void {
  program
    .command('replay')
    .summary('show the state of one aggregate, now or in the past')
    .description(
      'Fold the events of one aggregate into its state, up to a sequence or a time: with the handlers of the aggregate ' +
        'that --aggregate names, or that the configuration says the id belongs to. Without one, the bodies are merged ' +
        'in order (JSON Merge Patch, RFC 7396): later keys replace earlier ones, null removes.',
    )
    .argument('<id>', 'the aggregate', idOrPrefix)
    .addOption(bound('max', 'the state after this event (0: before the first)', sequenceOrZero))
    .addOption(longBound('max', sequenceOrZero))
    .option('--at <time>', 'the state at this time, or right after this timestamp', lastReading(context))
    .option('--steps', 'show what each event changed, and step over handlers that fail (exit 1 then)')
    .addOption(bound('min', 'with --steps: the first event to show', sequence))
    .addOption(longBound('min', sequence))
    .option('--aggregate <name>', 'fold with the handlers of this aggregate of the configuration file')
    .option('--no-snapshot', 'fold from the first event, whatever snapshot is stored')
    .addHelpText(
      'after',
      `
Examples:
  $ maestro replay 01a2077042bc0000deadbeefcafef00d
  $ maestro replay 01a2077042bc0000deadbeefcafef00d --max 41
  $ maestro replay 01a2077042bc0000deadbeefcafef00d --aggregate bank-account --no-snapshot
  $ maestro replay 01a2077042bc0000deadbeefcafef00d --at "yesterday 14:34" -o json
  $ maestro replay 01a2077042bc0000deadbeefcafef00d --steps --min 38 --max 41`,
    )
    .action(async (id: IdArgument, options: ReplayOptions, command: Command) => {
      const session = createSession(context, command);
      if (options.steps) {
        if (await replaySteps(id, options, session)) exit(FOUND);
      } else await replay(id, options, session);
    });
}

async function replay(argument: IdArgument, options: ReplayOptions, session: Session): Promise<void> {
  assertOneMoment(options);
  if (options.min !== undefined)
    throw new UsageError('--min is for --steps: a state is always folded from the beginning.');
  const choose = await aggregateChoice(session, options.aggregate);
  const replayed = await withDatabase(session, async (database) => {
    const { store } = database;
    const id = await resolveAggregateId(session, database, argument);
    assertNotTheId(options.at, id);
    const last = await assertAggregate(database, id);
    if ((options.max ?? 0) > last)
      await session.output.note(`the last sequence is ${last}, so this is the state after that`);
    const definition = await choose(store, id);
    const state =
      definition === undefined
        ? await merge(id, options, session, store)
        : await fold(definition, id, options, session, store);
    const { max, at } = options;
    const byHandlers = definition !== undefined;
    await tellMissingEnd(store, { id, sequence: state.sequence, max, at, last, byHandlers }, session.output);
    if (at !== undefined) await warnOfClocks(database, id, { sequence: state.sequence, until: at }, session.output);
    return { id: id.hex, ...state };
  });
  await print(replayed.id, replayed, options.at, session);
}

async function merge(
  id: Timestamp,
  { max: maxSequence, at }: ReplayOptions,
  session: Session,
  store: PostgresStore,
): Promise<Replayed> {
  const [{ mergeEvents }, { printJson }, { aggregates = [] }] = await Promise.all([
    import('../fold/merge-events.js'),
    import('../../json/print.js'),
    session.configuration(),
  ]);
  const { state, gapAfter, ...moment } = await mergeEvents(store.streamStoredEvents(id, 1, { maxSequence }), at);
  if (gapAfter !== undefined) await session.output.warn(missingWithin(gapAfter));
  return { ...moment, state: printJson(state), how: mergedBecause(aggregates) };
}

/** Folds with the handlers of an application. `--at` reads every event: a snapshot does not tell the times before it. */
async function fold(
  definition: Definition,
  id: Timestamp,
  { max: maxSequence, at, snapshot }: ReplayOptions,
  { output }: Session,
  store: PostgresStore,
): Promise<Replayed> {
  const [{ fold }, { replayAt }, { renderState, storedForm }, { stateJson }] = await Promise.all([
    import('../../aggregate/history.js'),
    import('../../aggregate/replay-at.js'),
    import('../../aggregate/render-state.js'),
    import('../render/state.js'),
  ]);
  const history = {
    definition,
    store,
    id,
    onSnapshotIgnored: (error: MaestroError) => void output.warn(error.message),
  };
  const moment =
    at === undefined ? await fold(history, { maxSequence, useSnapshot: snapshot }) : await replayAt(history, at);
  const base = moment.snapshot > 0 ? `, on the snapshot of sequence ${moment.snapshot}` : '';
  const rendered = output.format === 'table' ? renderState(history, moment) : undefined;
  return {
    ...moment,
    aggregate: definition.name,
    state: stateJson(moment.state, () => storedForm(history, moment)),
    how: `folded by the handlers of ${definition.name}${base}`,
    rendered,
  };
}

async function print(id: string, replayed: Replayed, until: Timestamp | undefined, { output }: Session): Promise<void> {
  const { sequence, timestamp, state, aggregate, snapshot = 0, how, rendered } = replayed;
  const { indented } = await import('../render/state.js');
  const at = until && pointInTime(until);
  const known = JSON.stringify({
    aggregateId: id,
    at,
    sequence,
    timestamp: timestamp ?? null,
    aggregate: aggregate ?? null,
    ...(snapshot > 0 ? { snapshot } : {}),
  });
  if (output.format !== 'table' && aggregate === undefined) await output.note(how);
  await printFacts(output, {
    id,
    json: `${known.slice(0, -1)},"state":${state}}`,
    facts: [
      ['aggregate', id],
      ...(at === undefined ? [] : [['at', at] as const]),
      ['sequence', String(sequence)],
      ['timestamp', timestamp?.toString() ?? 'before the first event'],
      ['state', how],
    ],
    below: rendered === undefined ? indented(state) : `\n${rendered}`,
  });
}
