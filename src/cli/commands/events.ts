import type { Command } from 'commander';
import { MAX_SEQUENCE, type StoredEvent } from '../../events.js';
import type { Timestamp } from '../../hlc/timestamp.js';
import type { PostgresStore, StoredEventOptions } from '../../store/postgres-store.js';
import { aggregateId, collect, limit, sequence, time } from '../arguments.js';
import type { CliContext } from '../context.js';
import { UsageError } from '../errors.js';
import type { Output } from '../output.js';
import { createSession, type Session, withDatabase } from '../session.js';

interface EventsOptions {
  readonly min: number;
  readonly max: number;
  readonly type?: string[];
  readonly since?: number;
  readonly until?: number;
  readonly limit?: number;
  readonly reverse?: boolean;
}

/** A table is laid out by this many events; the others follow in the same columns. */
const LAYOUT_EVENTS = 200;

/** Declares `maestro events`. */
export function registerEvents(program: Command, context: CliContext): void {
  program
    .command('events')
    .summary('list the events of one aggregate')
    .description('List the events of one aggregate, by sequence. Bodies are printed as PostgreSQL holds them.')
    .argument('<id>', 'the aggregate', aggregateId)
    .option('--min <sequence>', 'first sequence to show (inclusive)', sequence, 1)
    .option('--max <sequence>', 'last sequence to show (inclusive)', sequence, MAX_SEQUENCE)
    .option('--type <type>', 'only events of this type; can be given several times', collect)
    .option('--since <time>', 'only events from this time on (a date alone is its midnight)', time)
    .option('--until <time>', 'only events up to this time (inclusive)', time)
    .option('--limit <count>', 'at most this many events', limit)
    .option('--reverse', 'last event first')
    .addHelpText(
      'after',
      `
Examples:
  $ maestro events 01a2077042bc0000deadbeefcafef00d
  $ maestro events 01a2077042bc0000deadbeefcafef00d --min 10 --max 20 --type deposited --type withdrawn
  $ maestro events 01a2077042bc0000deadbeefcafef00d --since "yesterday 14:00" --reverse --limit 5
  $ maestro events 01a2077042bc0000deadbeefcafef00d -o ndjson | jq .body`,
    )
    .action((id: Timestamp, options: EventsOptions, command: Command) =>
      listEvents(id, options, createSession(context, command)),
    );
}

async function listEvents(id: Timestamp, options: EventsOptions, session: Session): Promise<void> {
  const { min, max, type: types, ...others } = options;
  if (min > max) throw new UsageError(`--min ${min} is greater than --max ${max}, so there is nothing between them.`);
  const range: StoredEventOptions = { maxSequence: max, types, ...pick(others) };
  await withDatabase(session, async ({ store }) => {
    const events = store.streamStoredEvents(id, min, range)[Symbol.asyncIterator]();
    const first = await take(events, LAYOUT_EVENTS);
    if (first.length === 0) await assertAggregate(store, id);
    await print(first, events, session.output);
  });
}

/** Throws `NotFoundError` when the log has no event of the aggregate. */
export async function assertAggregate(store: PostgresStore, id: Timestamp): Promise<number> {
  const last = await store.getLastEvent(id);
  if (last !== undefined) return last.sequence;
  const { NotFoundError } = await import('../errors.js');
  throw new NotFoundError(`There is no aggregate ${id.hex}: the log has no event of it.`, {
    hint: 'Check the id, the database (--url, --data-dir) and the schema (--schema).',
  });
}

async function print(first: StoredEvent[], rest: AsyncIterator<StoredEvent>, output: Output): Promise<void> {
  const events = chain(first, rest);
  if (output.quiet) return await output.lines(events, ({ timestamp }) => timestamp.toString());
  if (output.format !== 'table') {
    const { eventJson } = await import('../render/json.js');
    return await output.jsonItems(map(events, eventJson));
  }
  const { eventTable, eventTableHead, eventTableRow } = await import('../render/event-table.js');
  const table = eventTable(first, output.columns, output.style);
  await output.line(eventTableHead(table));
  await output.lines(events, (event) => eventTableRow(event, table));
}

function pick({ since, until, limit, reverse }: Omit<EventsOptions, 'min' | 'max' | 'type'>): StoredEventOptions {
  return { since, until, limit, reverse };
}

async function take<Item>(items: AsyncIterator<Item>, count: number): Promise<Item[]> {
  const taken: Item[] = [];
  while (taken.length < count) {
    const next = await items.next();
    if (next.done) break;
    taken.push(next.value);
  }
  return taken;
}

async function* chain<Item>(first: readonly Item[], rest: AsyncIterator<Item>): AsyncGenerator<Item> {
  yield* first;
  for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
}

async function* map<From, To>(items: AsyncIterable<From>, transform: (item: From) => To): AsyncGenerator<To> {
  for await (const item of items) yield transform(item);
}
