import {
  type EventHead,
  findEvent,
  findEventAt,
  type FoundEvent,
  neighbours,
} from '../../../admin/find-event/find-event.js';
import type { Database } from '../../../connection/database.js';
import { textApart } from '../../../store/event-metadata.js';
import { eventMembers } from '../../../store/read/stored-json.js';
import { NotFoundError } from '../../errors.js';
import { assertAggregate } from '../../fold/assert-aggregate.js';
import type { IdArgument } from '../../input/id-argument.js';
import { resolveAggregateId, resolveTimestamp } from '../../input/resolve-id.js';
import { clockFacts, clockJson } from '../../output/clock-facts.js';
import { printFacts } from '../../output/print-facts.js';
import { indented } from '../../../json/text/indented.js';
import { withDatabase } from '../../database/with-database.js';
import type { Invocation } from '../../invocation.js';

/** Shows one event. */
export async function run(
  argument: IdArgument,
  sequence: number | undefined,
  _options: object,
  invocation: Invocation,
): Promise<void> {
  const found = await withDatabase(invocation, (database) =>
    sequence === undefined
      ? eventWithTimestamp(database, argument, invocation)
      : eventOfAggregate(database, argument, sequence, invocation),
  );
  await print(found, invocation);
}

async function eventWithTimestamp(
  database: Database,
  argument: IdArgument,
  invocation: Invocation,
): Promise<FoundEvent> {
  const timestamp = await resolveTimestamp(invocation, database, argument);
  const event = await findEvent(database, timestamp);
  if (event !== undefined) return event;
  const last = await database.store.getLastEvent(timestamp);
  const message = `There is no event with the timestamp ${timestamp.toString()}.`;
  if (last !== undefined)
    throw new NotFoundError(message, {
      hint: `This is the id of an aggregate: see \`maestro events ${timestamp.hex}\`, or its last event with \`maestro event ${timestamp.hex} ${last.sequence}\`.`,
    });
  const { before, after } = await neighbours(database, { timestamp });
  const nearest = [before, after].flatMap((head) => head?.timestamp.toString() ?? []);
  throw new NotFoundError(message, {
    hint:
      nearest.length === 0
        ? 'The log has no events at all. Check the database (--url, --data-dir) and the schema (--schema).'
        : `The nearest ${nearest.length === 1 ? 'is' : 'are'} ${nearest.join(' and ')}.`,
  });
}

async function eventOfAggregate(
  database: Database,
  argument: IdArgument,
  sequence: number,
  invocation: Invocation,
): Promise<FoundEvent> {
  const aggregateId = await resolveAggregateId(invocation, database, argument);
  const event = await findEventAt(database, { aggregateId, sequence });
  if (event !== undefined) return event;
  const last = await assertAggregate(database, aggregateId);
  throw new NotFoundError(`There is no event ${sequence} of ${aggregateId.hex}.`, {
    hint:
      sequence > last
        ? `Its last event is \`maestro event ${aggregateId.hex} ${last}\`.`
        : `The history has a gap there; see \`maestro verify ${aggregateId.hex}\`.`,
  });
}

async function print({ event, previous, next, before, after }: FoundEvent, { output }: Invocation): Promise<void> {
  const { aggregateId, sequence, timestamp, type } = event;
  const { body, metadata } = textApart(event.body);
  const inAggregate = (head: EventHead | undefined, none: string) =>
    head === undefined ? none : `${head.sequence} ${head.type}, ${head.timestamp.toString()}`;
  const inLog = (head: EventHead | undefined, none: string) =>
    head === undefined
      ? none
      : `${head.timestamp.toString()}: ${head.type}, ${head.sequence} of ${head.aggregateId.hex}`;
  await printFacts(output, {
    ids: [timestamp.toString()],
    json: {
      ...eventMembers(event),
      clock: clockJson(timestamp),
      previous: headJson(previous),
      next: headJson(next),
      before: headJson(before),
      after: headJson(after),
    },
    facts: [
      ['aggregate', aggregateId.hex],
      ['sequence', String(sequence)],
      ['type', type],
      ['timestamp', timestamp.toString()],
      ...clockFacts(timestamp),
      ['before it', inAggregate(previous, 'none in its aggregate')],
      ['after it', inAggregate(next, 'none in its aggregate')],
      ['before it in the log', inLog(before, 'none')],
      ['after it in the log', inLog(after, 'none')],
    ],
    below: `\n${indented(body)}${metadata === undefined ? '' : `\n\nmetadata\n${indented(metadata)}`}`,
  });
}

function headJson(head: EventHead | undefined): object | null {
  if (head === undefined) return null;
  const { aggregateId, sequence, timestamp, type } = head;
  return { aggregateId: aggregateId.hex, sequence, timestamp, type };
}
