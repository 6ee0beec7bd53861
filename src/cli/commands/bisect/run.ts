import { assertJsonPath } from '../../../admin/search-events/json-path.js';
import { matchJsonPath } from '../../../admin/search-events/match-json-path.js';
import type { StoredEvent } from '../../../events.js';
import type { Timestamp } from '../../../hlc/timestamp.js';
import { NotFoundError } from '../../errors.js';
import { foldSteps, type Step } from '../../../folding/fold-steps.js';
import { missingWithin } from '../../../folding/missing-events.js';
import { type OpenHistory, withFolding } from '../../fold/with-folding.js';
import type { IdArgument } from '../../input/id-argument.js';
import { localTime } from '../../render/local-time.js';
import { chain } from '../../../folding/chain.js';
import { take } from '../../output/iterate.js';
import { printRows } from '../../output/print-rows.js';
import type { Column } from '../../render/fitted-table.js';
import type { Invocation } from '../../invocation.js';

/** The options of `maestro bisect`. */
export interface BisectOptions {
  readonly where: string;
  readonly aggregate?: string;
}

/** An event that changes whether the condition holds. */
interface Turn {
  /** Absent for the state before the first event. */
  readonly event: StoredEvent | undefined;
  readonly holds: boolean;
}

/** Finds the events that change whether a condition holds. */
export async function run(
  argument: IdArgument,
  { where, aggregate }: BisectOptions,
  invocation: Invocation,
): Promise<void> {
  const { output } = invocation;
  await withFolding(invocation, argument, aggregate, async (history) => {
    const { id } = history;
    await assertJsonPath(history.database, where);
    await output.note(history.folding.how);
    const turns = turnsOf(history, where, invocation)[Symbol.asyncIterator]();
    const first = await take(turns, 1);
    if (first.length === 0)
      throw new NotFoundError(`${where} never holds in the ${history.last} events of ${id.hex}.`, {
        hint: `${await mergedHint(history, invocation)}See the state with \`maestro replay ${id.hex}\`, and try the path on it.`,
      });
    await printRows<Turn>(chain(first, turns), output, {
      id: ({ event }) => event?.timestamp.toString() ?? '',
      json: (turn) => turnJson(id, turn),
      columns: [
        { heading: 'SEQUENCE', value: ({ event }) => String(event?.sequence ?? 0), align: 'right' },
        ...timeColumns(output),
        {
          heading: 'TYPE',
          value: ({ event }) => event?.type ?? '(before the first event)',
          paint: (text, { event }) => output.style.type(text, event?.type ?? ''),
          least: 12,
        },
        {
          heading: 'HOLDS',
          value: ({ holds }) => (holds ? 'yes' : 'no'),
          paint: (text, { holds }) => (holds ? output.style.good : output.style.removed)(text),
        },
      ],
    });
  });
}

/** A hint when bodies were merged, because the condition may hold in the state of the application. */
async function mergedHint({ folding }: OpenHistory, invocation: Invocation): Promise<string> {
  if (folding.aggregate !== undefined) return '';
  const { aggregates = [] } = await invocation.configuration();
  const missing =
    aggregates.length === 0
      ? 'Is --config missing, or are you in another folder than maestro.config.ts?'
      : 'Is --aggregate missing?';
  return `The state was made by merging bodies, without the handlers of an application. ${missing} `;
}

/** Approximate number of characters of states that are sent to the database at once. */
const BATCH_LENGTH = 2_000_000;

/** Largest number of states that are sent at once. */
const BATCH_STATES = 2_000;

/** The events that change whether the condition holds, in order. The first is one after which it holds. */
async function* turnsOf(
  { id, database, folding }: OpenHistory,
  where: string,
  { output }: Invocation,
): AsyncGenerator<Turn> {
  let held = false;
  let batch: { event: StoredEvent | undefined; state: string }[] = [
    { event: undefined, state: folding.json(folding.start()) },
  ];
  let length = 0;
  const evaluate = async function* (): AsyncGenerator<Turn> {
    const results = await matchJsonPath(
      database,
      where,
      batch.map(({ state }) => state),
    );
    for (const [index, { event }] of batch.entries()) {
      const holds = results[index] ?? false;
      if (holds !== held) yield { event, holds };
      held = holds;
    }
    batch = [];
    length = 0;
  };
  for await (const step of foldSteps(database.store.streamStoredEvents(id, 1), folding)) {
    await warnOfFault(step, output);
    if (step.after === step.before) continue;
    batch.push({ event: step.event, state: step.after });
    length += step.after.length;
    if (length > BATCH_LENGTH || batch.length >= BATCH_STATES) yield* evaluate();
  }
  yield* evaluate();
}

async function warnOfFault({ event, error, gapAfter }: Step, output: Invocation['output']): Promise<void> {
  if (gapAfter !== undefined) await output.warn(missingWithin(gapAfter, 'later states'));
  if (error !== undefined) await output.warn(`Event ${event.sequence} was skipped: ${error.message}`);
}

/** The local time in a terminal, with the whole timestamp where there is room. */
function timeColumns({ columns, style }: Invocation['output']): readonly Column<Turn>[] {
  const paint = style.faint;
  const timestamp = { heading: 'TIMESTAMP', value: ({ event }: Turn) => event?.timestamp.toString() ?? '', paint };
  if (columns === undefined) return [timestamp];
  const local = ({ event }: Turn) => (event === undefined ? '' : localTime(event.timestamp.time));
  return [
    { heading: 'TIME', value: local, paint },
    { ...timestamp, optional: 1 },
  ];
}

function turnJson(aggregateId: Timestamp, { event, holds }: Turn): object {
  const { sequence = 0, timestamp = null, type = null } = event ?? {};
  return { aggregateId: aggregateId.hex, sequence, timestamp, type, holds };
}
