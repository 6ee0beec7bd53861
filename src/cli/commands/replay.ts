import type { Command } from 'commander';
import type { StateAt } from '../../aggregate/state-at.js';
import type { Timestamp } from '../../hlc/timestamp.js';
import { sequence, sequenceOrZero } from '../input/arguments.js';
import type { CliContext } from '../context.js';
import { UsageError } from '../errors.js';
import { FOUND } from '../exit-codes.js';
import { tellMissingEnd } from '../fold/missing-events.js';
import type { Folding } from '../fold/folding.js';
import { lastReading } from '../input/time-options.js';
import { bound, longBound } from '../input/bounds.js';
import type { Output } from '../output/output.js';
import { printFacts } from '../output/print-facts.js';
import { assertOneMoment, replaySteps, type StepsOptions } from '../fold/replay-steps.js';
import { createSession, type Session } from '../session.js';
import { pointInTime } from '../input/time-argument.js';
import { assertNotTheId } from '../input/time-bound.js';
import { warnOfClocks } from '../output/warn-of-clocks.js';
import { withFolding } from '../fold/with-folding.js';
import { type IdArgument, idOrPrefix } from '../input/id-argument.js';

interface ReplayOptions extends StepsOptions {
  readonly steps?: boolean;
  /** False with `--no-snapshot`. */
  readonly snapshot: boolean;
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
  const { min, max, at, aggregate, snapshot } = options;
  if (min !== undefined) throw new UsageError('--min is for --steps: a state is always folded from the beginning.');
  const { output } = session;
  const { id, folding, state, shown } = await withFolding(session, argument, aggregate, async (history) => {
    const { id, database, folding, last } = history;
    assertNotTheId(at, id);
    if ((max ?? 0) > last) await output.note(`the last sequence is ${last}, so this is the state after that`);
    const range = { maxSequence: max, until: at, useSnapshot: snapshot };
    const state = await folding.fold(database.store, range, output);
    const { sequence } = state;
    const byHandlers = folding.aggregate !== undefined;
    await tellMissingEnd(database.store, { id, sequence, max, at, last, byHandlers }, output);
    if (at !== undefined) await warnOfClocks(database, id, { sequence, until: at }, output);
    return { id, folding, state, shown: shownState(state, folding, output) };
  });
  await print(id.hex, state, shown, folding, at, output);
}

/** A state as JSON text, and for people as its application shows it. */
interface ShownState {
  readonly json: string;
  readonly rendered: string | undefined;
}

function shownState(state: StateAt, folding: Folding, output: Output): ShownState {
  const rendered = output.format === 'table' ? folding.render?.(state) : undefined;
  return { json: folding.json(state), rendered };
}

async function print(
  id: string,
  { sequence, timestamp, snapshot }: StateAt,
  { json, rendered }: ShownState,
  { aggregate, how }: Folding,
  until: Timestamp | undefined,
  output: Output,
): Promise<void> {
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
    json: `${known.slice(0, -1)},"state":${json}}`,
    facts: [
      ['aggregate', id],
      ...(at === undefined ? [] : [['at', at] as const]),
      ['sequence', String(sequence)],
      ['timestamp', timestamp?.toString() ?? 'before the first event'],
      ['state', snapshot > 0 ? `${how}, on the snapshot of sequence ${snapshot}` : how],
    ],
    below: rendered === undefined ? indented(json) : `\n${rendered}`,
  });
}
