import { type Command, InvalidArgumentError } from 'commander';
import { type LogPosition, parsePosition, positionText } from '../../admin/log/log-position.js';
import type { StoredEvent } from '../../events.js';
import { aggregateId, limit } from '../input/arguments.js';
import type { CliContext } from '../context.js';
import { assertOrder, type FilterOptions, sinceOption, TYPE, untilOption } from '../input/filter-options.js';
import { configuredAggregate } from '../fold/choose-aggregate.js';
import { KIND, kindOf, ofKind } from '../input/kind-option.js';
import { NODE } from '../input/node-id.js';
import { upTo } from '../output/iterate.js';
import { noteEmptyLog, noting, warnOfUnknownTypes } from '../output/output-hints.js';
import { firstOfEach, printEvents } from '../output/print-events.js';
import { createSession, type Session, withDatabase } from '../session.js';

interface SearchOptions extends FilterOptions {
  readonly where?: string;
  readonly text?: string;
  readonly node?: bigint;
  readonly aggregate?: string;
  readonly after?: LogPosition;
  readonly reverse?: boolean;
  readonly limit: number;
}

/** Declares `maestro search`. */
export function registerSearch(program: Command, context: CliContext): void {
  program
    .command('search')
    .summary('find events of all aggregates')
    .description(
      'Find events of all aggregates, in the order of their timestamps. --since and --until follow an index; the others ' +
        'look at every event in between, so narrow the time of a large log. With --quiet the ids of the aggregates are ' +
        'printed, each once.',
    )
    .option(...TYPE)
    .option(...sinceOption(context))
    .option(...untilOption(context))
    .option('--where <jsonpath>', "only events whose body this path of PostgreSQL's jsonpath finds something in")
    .option('--text <text>', 'only events whose type or body has this text in it, in upper or lower case', someText)
    .option(...KIND)
    .option(...NODE)
    .option('--reverse', 'the latest event first')
    .option('--limit <count>', 'at most this many events; with --quiet, aggregates', limit, 50)
    .option('--after <timestamp>', 'only events that come after this one, to go on where a page ended', position)
    .addHelpText(
      'after',
      `
A path that is a condition ('$.amount > 100') must be true; one that selects ('$.items[*] ? (@.price > 5)') must
find something other than false and null.

Examples:
  $ maestro search --since "yesterday 14:30" --until "yesterday 14:40"
  $ maestro search --type withdrawn --where '$.amount > 1000' --reverse --limit 5
  $ maestro search --text "ada lovelace" -q | xargs -n 1 maestro events
  $ maestro search --where '$.owner.name == "Ada"' -o ndjson | jq -r .aggregateId | sort -u`,
    )
    .action((options: SearchOptions, command: Command) => search(options, createSession(context, command)));
}

async function search(options: SearchOptions, session: Session): Promise<void> {
  const { type: types, limit, aggregate, ...others } = options;
  assertOrder(options);
  const kind = aggregate === undefined ? undefined : kindOf(await configuredAggregate(session, aggregate));
  const { searchEvents } = await import('../../admin/search-events/search-events.js');
  await withDatabase(session, async (database) => {
    let cursor: string | undefined;
    const { output } = session;
    const isExact = !output.quiet && (kind === undefined || 'firstTypes' in kind);
    const filter = { ...pick(others), types, ...(kind !== undefined && 'firstTypes' in kind ? kind : {}) };
    const found = searchEvents(database, { ...filter, limit: isExact ? limit + 1 : undefined });
    const seen = new Set<string>();
    const events = noting(ofKind(found, kind, database.store), seen);
    const page = upTo(
      output.quiet ? firstOfEach(events) : events,
      limit,
      (last, next) => (cursor = cursorBetween(last, next)),
    );
    await printEvents(page, output, {
      ofMany: true,
      quietIds: 'aggregates',
      whenNone: async () => {
        await warnOfUnknownTypes(database, types, seen, output);
        await output.note('no event was found');
        await noteEmptyLog(database, output);
      },
    });
    if (seen.size > 0) await warnOfUnknownTypes(database, types, seen, output);
    if (cursor === undefined) return;
    if (output.quiet) await output.warn('There are more aggregates: give a larger --limit.');
    else await output.note(`there are more: add --after ${cursor}, or a larger --limit`);
  });
}

function pick({ since, until, where, text, node, after, reverse }: Omit<SearchOptions, 'type' | 'limit'>) {
  return { since, until, where, text, node, after, reverse };
}

function someText(text: string): string {
  if (text === '')
    throw new InvalidArgumentError('is empty. Write at least one character: every body has an empty text in it.');
  return text;
}

function position(text: string): LogPosition {
  return parsePosition(text, aggregateId);
}

/** Where the next page begins. Only events of different partitions can share a timestamp; then the aggregate tells them apart. */
function cursorBetween({ timestamp, aggregateId }: StoredEvent, next: StoredEvent): string {
  return positionText(next.timestamp.compare(timestamp) === 0 ? { timestamp, aggregateId } : { timestamp });
}
