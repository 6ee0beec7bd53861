import type { Command } from 'commander';
import { MAX_SEQUENCE } from '../../events.js';
import type { StoredEventOptions } from '../../store/postgres-store-options.js';
import { limit, sequence } from '../arguments.js';
import { assertAggregate } from '../assert-aggregate.js';
import type { CliContext } from '../context.js';
import { UsageError } from '../errors.js';
import { assertOrder, type FilterOptions, sinceOption, TYPE, untilOption } from '../filter-options.js';
import { bound, longBound } from '../input/bounds.js';
import { noting, warnOfUnknownTypes } from '../output-hints.js';
import { printEvents } from '../print-events.js';
import { createSession, type Session, withDatabase } from '../session.js';
import { type IdArgument, idOrPrefix } from '../input/id-argument.js';
import { resolveAggregateId } from '../input/resolve-id.js';

interface EventsOptions extends FilterOptions {
  readonly min: number;
  readonly max: number;
  readonly limit?: number;
  readonly reverse?: boolean;
}

/** Declares `maestro events`. */
export function registerEvents(program: Command, context: CliContext): void {
  program
    .command('events')
    .summary('list the events of one aggregate')
    .description('List the events of one aggregate, by sequence. Bodies are printed as PostgreSQL holds them.')
    .argument('<id>', 'the aggregate', idOrPrefix)
    .addOption(bound('min', 'first sequence to show (inclusive)', sequence, 1))
    .addOption(bound('max', 'last sequence to show (inclusive)', sequence, MAX_SEQUENCE))
    .addOption(longBound('min', sequence))
    .addOption(longBound('max', sequence))
    .option(...TYPE)
    .option(...sinceOption(context))
    .option(...untilOption(context))
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
    .action((id: IdArgument, options: EventsOptions, command: Command) =>
      listEvents(id, options, createSession(context, command)),
    );
}

async function listEvents(argument: IdArgument, options: EventsOptions, session: Session): Promise<void> {
  const { min, max, type: types, ...others } = options;
  if (min > max) throw new UsageError(`--min ${min} is greater than --max ${max}, so there is nothing between them.`);
  assertOrder(options);
  const range: StoredEventOptions = { maxSequence: max, types, ...pick(others) };
  await withDatabase(session, async (database) => {
    const id = await resolveAggregateId(session, database, argument);
    const events = database.store.streamStoredEvents(id, min, range);
    const seen = new Set<string>();
    await printEvents(noting(events, seen), session.output, {
      whenNone: () => assertAggregate(database, id),
    });
    await warnOfUnknownTypes(database, types, seen, session.output);
  });
}

function pick({ since, until, limit, reverse }: Omit<EventsOptions, 'min' | 'max' | 'type'>): StoredEventOptions {
  return { since, until, limit, reverse };
}
