import type { Command } from 'commander';
import type { CommittedEvent, NewEvent } from '../../events.js';
import type { Timestamp } from '../../hlc/timestamp.js';
import type { EventDraft } from '../../store/append.js';
import type { Interop } from '../../store/interop.js';
import type { PostgresStore } from '../../store/postgres-store.js';
import { integer, sequenceOrZero } from '../input/arguments.js';
import type { CliContext } from '../context.js';
import { InputError, UsageError, WouldNotFoldError } from '../errors.js';
import type { AppendTrial } from '../fold/trial/append-trial.js';
import { appendTrialFor } from '../fold/trial/append-trial-for.js';
import { aggregateToExtend, idOrNew } from '../input/aggregate-to-extend.js';
import { type IdArgument, IdPrefix } from '../input/id-argument.js';
import { printFacts } from '../output/print-facts.js';
import { createSession, type Session, sessionSettings, withDatabase } from '../session.js';

interface AppendOptions {
  readonly type?: string;
  readonly body?: string;
  readonly file?: string;
  readonly expect?: number;
  readonly aggregate?: string;
  readonly force?: boolean;
  readonly dryRun?: boolean;
  /** Seconds. */
  readonly maxDrift?: number;
}

/** An event to append, and the line of the file that it stood on. */
type Draft = EventDraft & { readonly line?: number };

/** A file can be wrong on every line; this many faults are enough to see what is wrong with it. */
const SHOWN_ISSUES = 5;

/** A hundred years, in seconds. */
const LONGEST_DRIFT = 3_155_760_000;

/** Declares `maestro append`. */
export function registerAppend(program: Command, context: CliContext): void {
  program
    .command('append')
    .summary('add events to an aggregate')
    .description(
      'Add events after the last one of an aggregate, in one commit: all of them or none. When a configured definition ' +
        'owns the aggregate, its history is first folded with the new events. If it would not fold any more, nothing is ' +
        'appended (exit 5).',
    )
    .argument('<id>', 'the aggregate, or "new" for a new one', idOrNew)
    .option('--type <type>', 'type of a single event')
    .option('--body <json>', 'body of a single event, a JSON object')
    .option('--file <file>', 'events as lines {"type", "body"}; "-" reads standard input')
    .option('--expect <sequence>', 'refuse (exit 5) unless this is the last sequence; 0 for none yet', sequenceOrZero)
    .option('--aggregate <name>', 'try the events with the handlers of this aggregate of the configuration file')
    .option('--force', 'append also what the handlers would not fold')
    .option('--dry-run', 'show what would be appended, and the state after it; write nothing')
    .option(
      '--max-drift <seconds>',
      'append even if the last event is up to this far ahead of this clock (default: 300)',
      integer(0, LONGEST_DRIFT),
    )
    .addHelpText(
      'after',
      `
Examples:
  $ maestro append new --type opened --body '{"owner": "Ada"}'
  $ maestro append 01a2077042bc0000deadbeefcafef00d --type deposited --body '{"amount": 12.50}' --expect 1
  $ maestro append 01a2077042bc0000deadbeefcafef00d --type deposited --body '{"amount": 12.50}' --dry-run
  $ echo '{"type": "opened", "body": {"owner": "Ada"}}' | maestro append new --file -`,
    )
    .action((id: IdArgument | 'new', options: AppendOptions, command: Command) =>
      append(id, options, createSession(context, command)),
    );
}

async function append(argument: IdArgument | 'new', options: AppendOptions, session: Session): Promise<void> {
  const drafts = await readDrafts(options, session);
  const [{ appendEvents }, { Clock, DEFAULT_MAX_DRIFT }] = await Promise.all([
    import('../../store/append.js'),
    import('../../hlc/clock.js'),
  ]);
  const clock = new Clock({ maxDrift: options.maxDrift === undefined ? DEFAULT_MAX_DRIFT : options.maxDrift * 1000 });
  const given = argument === 'new' || argument instanceof IdPrefix ? clock.now() : argument;
  await assertValid(
    drafts,
    drafts.map(({ type, body }, index) => {
      return { type, body, timestamp: clock.now(), aggregateId: given, sequence: index + 1 };
    }),
    (await sessionSettings(session)).interop,
  );
  const choose = await appendTrialFor(options, session);
  const { expect, dryRun = false } = options;
  const { aggregateId, events, trial } = await withDatabase(
    session,
    async (database) => {
      const { store } = database;
      const aggregateId = argument === 'new' ? given : await aggregateToExtend(session, database, argument);
      const trial = await choose(store, aggregateId, drafts[0]?.type);
      const beforeCommit = trial && ((placed: readonly NewEvent[]) => runTrial(trial, placed, options, session));
      const on = dryRun ? withoutCommits(store) : store;
      return {
        aggregateId,
        events: await appendEvents(on, clock, aggregateId, drafts, { expect, beforeCommit }),
        trial,
      };
    },
    { writes: !dryRun },
  );
  if (argument !== 'new' && expect === undefined && events[0]?.sequence === 1)
    await session.output.note(`${aggregateId.hex} had no events: this is the beginning of a new history`);
  const drift = clock.driftOf(events.at(-1)?.timestamp ?? aggregateId);
  if (events.length > 0 && drift > DEFAULT_MAX_DRIFT) await warnOfDrift(aggregateId, drift, session);
  if (dryRun) {
    const { printDryRun } = await import('../fold/trial/print-dry-run.js');
    return await printDryRun(argument === 'new' ? undefined : aggregateId, events, trial, session.output);
  }
  await print(
    aggregateId.hex,
    events.map(({ sequence }) => sequence),
    session,
  );
}

/** Others accept no event so far ahead unless they are told to, so whoever appends one should know. */
async function warnOfDrift(id: Timestamp, drift: number, { output }: Session): Promise<void> {
  const { timeSpan } = await import('../../hlc/time-span.js');
  await output.warn(
    `The last event of ${id.hex} is now ${timeSpan(drift)} ahead. Until its time has come, everybody who appends to it has to accept as much.`,
  );
}

/** Tries events before they are committed; with `--force` a failure is only told. */
async function runTrial(
  trial: AppendTrial,
  events: readonly NewEvent[],
  { force = false, dryRun = false }: AppendOptions,
  { output }: Session,
): Promise<void> {
  try {
    await trial.run(events);
  } catch (error) {
    if (!force || !(error instanceof WouldNotFoldError)) throw error;
    await output.warn(`${error.message} ${dryRun ? 'They would be appended' : 'Appended'} all the same (--force).`);
  }
}

/** The store, but that nothing is written. */
function withoutCommits(store: PostgresStore): Pick<PostgresStore, 'getLastEvent' | 'commitEvents'> {
  return {
    getLastEvent: (id, options) => store.getLastEvent(id, options),
    commitEvents: async (events) => ({ ok: true, value: events as CommittedEvent[] }),
  };
}

/** Bad input must not even touch a database; appending would find it only after reading the last event. */
async function assertValid(
  drafts: readonly Draft[],
  events: readonly NewEvent[],
  interop: Interop | undefined,
): Promise<void> {
  const [{ encodeEvents }, { InvalidEventError }] = await Promise.all([
    import('../../store/commit/validate.js'),
    import('../../store/errors.js'),
  ]);
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

async function readDrafts({ type, body, file }: AppendOptions, session: Session): Promise<Draft[]> {
  const { parseDrafts, parseObject } = await import('../input/parse-drafts.js');
  if (file !== undefined) {
    if (type !== undefined || body !== undefined)
      throw new UsageError('--file and --type/--body are two ways to give events; use one of them.');
    const { inputName, readInput } = await import('../input/read-input.js');
    return parseDrafts(await readInput(file, session), inputName(file));
  }
  if (type === undefined || body === undefined)
    throw new UsageError('Name the event with --type and --body, or a file of events with --file.');
  return [{ type, body: parseObject(body, 'The text of --body') }];
}

async function print(aggregateId: string, sequences: readonly number[], { output }: Session): Promise<void> {
  const [first, last] = [sequences[0], sequences.at(-1)];
  await printFacts(output, {
    id: aggregateId,
    json: JSON.stringify({ aggregateId, sequences }),
    facts: [
      ['aggregate', aggregateId],
      first === last ? ['sequence', String(first)] : ['sequences', `${first} to ${last}`],
    ],
  });
}
