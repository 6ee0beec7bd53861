import type { CommittedEvent, NewEvent } from '../../../events.js';
import { Clock, DEFAULT_MAX_DRIFT } from '../../../hlc/clock.js';
import { timeSpan } from '../../../hlc/time-span.js';
import type { Timestamp } from '../../../hlc/timestamp.js';
import { appendEvents, type EventDraft } from '../../../store/append.js';
import { encodeEvents } from '../../../store/commit/validate.js';
import { InvalidEventError } from '../../../store/errors.js';
import type { Interop } from '../../../store/commit/interop.js';
import type { PostgresStore } from '../../../store/postgres-store.js';
import { InputError, UsageError } from '../../errors.js';
import { appendTrialFor } from '../../fold/trial/append-trial-for.js';
import { printDryRun } from '../../fold/trial/print-dry-run.js';
import { aggregateToExtend } from '../../input/aggregate-to-extend.js';
import { type IdArgument, IdPrefix } from '../../input/id-argument.js';
import { parseDrafts, parseObject } from '../../input/parse-drafts.js';
import { inputName, readInput } from '../../input/read-input.js';
import { printFacts } from '../../output/print-facts.js';
import { databaseSettings } from '../../database/database-settings.js';
import { withDatabase } from '../../database/with-database.js';
import type { Invocation } from '../../invocation.js';

/** The options of `maestro append`. */
export interface AppendCommandOptions {
  readonly type?: string;
  readonly body?: string;
  readonly metadata?: string;
  readonly file?: string;
  readonly expect?: number;
  readonly aggregate?: string;
  readonly force?: boolean;
  readonly dryRun?: boolean;
  /** Seconds. */
  readonly maxDrift?: number;
}

/** An event to append, with its line in the file. */
type Draft = EventDraft & { readonly line?: number };

/** Number of faults of a file that an error lists. */
const SHOWN_ISSUES = 5;

/** Tries events with the handlers, then appends them. */
export async function run(
  argument: IdArgument | 'new',
  options: AppendCommandOptions,
  invocation: Invocation,
): Promise<void> {
  const drafts = await readDrafts(options, invocation);
  const clock = new Clock({ maxDrift: options.maxDrift === undefined ? DEFAULT_MAX_DRIFT : options.maxDrift * 1000 });
  const given = argument === 'new' || argument instanceof IdPrefix ? clock.now() : argument;
  await assertValid(
    drafts,
    drafts.map(({ type, body, metadata }, index) => {
      return { type, body, metadata, timestamp: clock.now(), aggregateId: given, sequence: index + 1 };
    }),
    (await databaseSettings(invocation)).interop,
  );
  const choose = await appendTrialFor(options, invocation);
  const { expect, dryRun = false } = options;
  const { aggregateId, events, trial } = await withDatabase(
    invocation,
    async (database) => {
      const { store } = database;
      const aggregateId = argument === 'new' ? given : await aggregateToExtend(invocation, database, argument);
      const trial = await choose(store, aggregateId, drafts[0]?.type);
      const beforeCommit = trial && ((placed: readonly NewEvent[]) => trial.run(placed));
      const on = dryRun ? withoutCommits(store) : store;
      return {
        aggregateId,
        events: await appendEvents(on, clock, aggregateId, drafts, { expect, beforeCommit }),
        trial,
      };
    },
    { writes: !dryRun },
  );
  for (const problem of trial?.overridden ?? [])
    await invocation.output.warn(`${problem} ${dryRun ? 'It would be appended' : 'Appended'} anyway (--force).`);
  if (argument !== 'new' && expect === undefined && events[0]?.sequence === 1)
    await invocation.output.note(`${aggregateId.hex} had no events: this is the beginning of a new history`);
  const drift = clock.driftOf(events.at(-1)?.timestamp ?? aggregateId);
  if (events.length > 0 && drift > DEFAULT_MAX_DRIFT) await warnOfDrift(aggregateId, drift, invocation);
  if (dryRun) {
    return await printDryRun(argument === 'new' ? undefined : aggregateId, events, trial, invocation.output);
  }
  await print(
    aggregateId.hex,
    events.map(({ sequence }) => sequence),
    invocation,
  );
}

/** Warns of an event so far in the future that others can append after it only if they allow that much drift. */
async function warnOfDrift(id: Timestamp, drift: number, { output }: Invocation): Promise<void> {
  await output.warn(
    `The last event of ${id.hex} is now ${timeSpan(drift)} in the future. Until then, everybody who appends to this aggregate has to allow that much drift (--max-drift).`,
  );
}

/** The store for a dry run, which reads but does not write. */
function withoutCommits(store: PostgresStore): Pick<PostgresStore, 'getLastEvent' | 'commitEvents'> {
  return {
    getLastEvent: (id, options) => store.getLastEvent(id, options),
    commitEvents: async (events) => ({ ok: true, value: events as CommittedEvent[] }),
  };
}

/** Refuses invalid events before a database is opened; appending would refuse them only after reading the last event. */
async function assertValid(
  drafts: readonly Draft[],
  events: readonly NewEvent[],
  interop: Interop | undefined,
): Promise<void> {
  try {
    encodeEvents(events, interop);
  } catch (cause) {
    if (!(cause instanceof InvalidEventError)) throw cause;
    const issues = cause.issues.slice(0, SHOWN_ISSUES).map(({ index = 0, path, message }) => {
      const line = drafts[index]?.line;
      return `${line === undefined ? '' : `line ${line}: `}${path} ${message}`;
    });
    const more = cause.issues.length - issues.length;
    throw new InputError(`${issues.join('; ')}${more > 0 ? ` (and ${more} more)` : ''}.`, {
      hint: 'Nothing was written.',
      cause,
    });
  }
}

/** The events to append, each with the metadata that is given for all of them under its own. */
async function readDrafts(options: AppendCommandOptions, invocation: Invocation): Promise<Draft[]> {
  const given = options.metadata === undefined ? undefined : parseObject(options.metadata, 'The text of --metadata');
  const drafts = await readEvents(options, invocation);
  return given === undefined
    ? drafts
    : drafts.map((draft) => ({ ...draft, metadata: { ...given, ...draft.metadata } }));
}

async function readEvents({ type, body, file }: AppendCommandOptions, invocation: Invocation): Promise<Draft[]> {
  if (file !== undefined) {
    if (type !== undefined || body !== undefined)
      throw new UsageError('--file and --type/--body are two ways to give events; use one of them.');
    return parseDrafts(await readInput(file, invocation), inputName(file));
  }
  if (type === undefined || body === undefined)
    throw new UsageError('Give the event with --type and --body, or a file of events with --file.');
  return [{ type, body: parseObject(body, 'The text of --body') }];
}

async function print(aggregateId: string, sequences: readonly number[], { output }: Invocation): Promise<void> {
  const [first, last] = [sequences[0], sequences.at(-1)];
  await printFacts(output, {
    ids: [aggregateId],
    json: { aggregateId, sequences },
    facts: [
      ['aggregate', aggregateId],
      first === last ? ['sequence', String(first)] : ['sequences', `${first} to ${last}`],
    ],
  });
}
