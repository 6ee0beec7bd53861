import type { StateAt } from '../../../aggregate/state-at.js';
import type { Timestamp } from '../../../hlc/timestamp.js';
import { RawJson } from '../../../json/text/object-text.js';
import { UsageError } from '../../errors.js';
import { DONE, type ExitCode, FOUND } from '../../exit-codes.js';
import type { Folding } from '../../../folding/folding.js';
import { tellMissingEnd } from '../../../folding/missing-events.js';
import { withFolding } from '../../fold/with-folding.js';
import type { IdArgument } from '../../input/id-argument.js';
import { pointInTime } from '../../render/local-time.js';
import { assertNotTheId } from '../../input/not-the-id.js';
import type { Output } from '../../output/output.js';
import { printFacts } from '../../output/print-facts.js';
import { warnOfLeftOutEvents } from '../../output/notes/left-out-events.js';
import { indented } from '../../../json/text/indented.js';
import type { Invocation } from '../../invocation.js';
import { assertOneEnd, replaySteps, type StepsOptions } from './replay-steps.js';

/** The options of `maestro replay`. */
export interface ReplayOptions extends StepsOptions {
  readonly steps?: boolean;
  /** False with `--no-snapshot`. */
  readonly snapshot: boolean;
}

/** Shows a state, or with `--steps` the changes by each event; then exits with 1 when a handler fails or events are missing. */
export async function run(argument: IdArgument, options: ReplayOptions, invocation: Invocation): Promise<ExitCode> {
  if (options.steps) return (await replaySteps(argument, options, invocation)) ? FOUND : DONE;
  await replay(argument, options, invocation);
  return DONE;
}

async function replay(argument: IdArgument, options: ReplayOptions, invocation: Invocation): Promise<void> {
  assertOneEnd(options);
  const { min, max, at, aggregate, snapshot } = options;
  if (min !== undefined)
    throw new UsageError('--min works only together with --steps: a state is always folded from the beginning.', {
      hint: 'Add --steps, or leave --min out.',
    });
  const { output } = invocation;
  const onWarning = (text: string) => output.warn(text);
  const { id, folding, state, shown } = await withFolding(invocation, argument, aggregate, async (history) => {
    const { id, database, folding, last } = history;
    assertNotTheId(at, id);
    if ((max ?? 0) > last) await output.note(`the last sequence is ${last}, so this is the state after that`);
    const range = { maxSequence: max, until: at, useSnapshot: snapshot };
    const state = await folding.fold(database.store, range, onWarning);
    const { sequence } = state;
    const byHandlers = folding.aggregate !== undefined;
    await tellMissingEnd(database.store, { id, sequence, max, at, last, byHandlers }, onWarning);
    if (at !== undefined) await warnOfLeftOutEvents(database, id, { sequence, until: at }, output);
    return { id, folding, state, shown: shownState(state, folding, output) };
  });
  await print(id.hex, state, shown, folding, at, output);
}

/** A state as JSON text and as its definition renders it. */
interface ShownState {
  readonly json: string;
  readonly rendered: string | undefined;
}

function shownState(state: StateAt, folding: Folding, output: Output): ShownState {
  const rendered = output.form === 'table' ? folding.render?.(state) : undefined;
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
  const at = until && pointInTime(until);
  const members = {
    aggregateId: id,
    at,
    sequence,
    timestamp: timestamp ?? null,
    aggregate: aggregate ?? null,
    ...(snapshot > 0 ? { snapshot } : {}),
    state: new RawJson(json),
  };
  if (output.form !== 'table' && aggregate === undefined) await output.note(how);
  await printFacts(output, {
    ids: [id],
    json: members,
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
