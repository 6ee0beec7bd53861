import type { Command } from 'commander';
import type { EventHead, FoundEvent } from '../../admin/find-event.js';
import type { Timestamp } from '../../hlc/timestamp.js';
import { aggregateId } from '../arguments.js';
import { clockFacts, clockJson } from '../clock-facts.js';
import type { CliContext } from '../context.js';
import { NotFoundError } from '../errors.js';
import { printFacts } from '../print-facts.js';
import { createSession, type Session, withDatabase } from '../session.js';

/** Declares `maestro event`. */
export function registerEvent(program: Command, context: CliContext): void {
  program
    .command('event')
    .summary('show one event, whole')
    .description('Show the event with a timestamp: its body, its clock decoded, and the events next to it.')
    .argument('<timestamp>', 'the timestamp of the event, in any form', aggregateId)
    .addHelpText(
      'after',
      `
Examples:
  $ maestro event 2026-11-24T12:53:02.693Z-002E-F3D2116E5C2B276D
  $ maestro event 2026-11-24T12:53:02.693Z-002E-F3D2116E5C2B276D -o json | jq .body`,
    )
    .action((timestamp: Timestamp, _options: object, command: Command) =>
      showEvent(timestamp, createSession(context, command)),
    );
}

async function showEvent(timestamp: Timestamp, session: Session): Promise<void> {
  const { findEvent, neighbours } = await import('../../admin/find-event.js');
  const found = await withDatabase(session, async (log) => {
    const event = await findEvent(log, timestamp);
    if (event !== undefined) return event;
    const { before, after } = await neighbours(log, { timestamp });
    const nearest = [before, after].flatMap((head) => head?.timestamp.toString() ?? []);
    throw new NotFoundError(`There is no event with the timestamp ${timestamp.toString()}.`, {
      hint:
        nearest.length === 0
          ? 'The log has no events at all. Check the database (--url, --data-dir) and the schema (--schema).'
          : `The nearest ${nearest.length === 1 ? 'is' : 'are'} ${nearest.join(' and ')}.`,
    });
  });
  await print(found, session);
}

async function print({ event, previous, next, before, after }: FoundEvent, { output }: Session): Promise<void> {
  const [{ eventJson }, { indented }] = await Promise.all([
    import('../../store/stored-json.js'),
    import('../render/state.js'),
  ]);
  const { aggregateId, sequence, timestamp, type, body } = event;
  const more = JSON.stringify({
    clock: clockJson(timestamp),
    previous: headJson(previous),
    next: headJson(next),
    before: headJson(before),
    after: headJson(after),
  });
  const inAggregate = (head: EventHead | undefined, none: string) =>
    head === undefined ? none : `${head.sequence} ${head.type}, ${head.timestamp.toString()}`;
  const inLog = (head: EventHead | undefined, none: string) =>
    head === undefined
      ? none
      : `${head.timestamp.toString()}: ${head.type}, ${head.sequence} of ${head.aggregateId.hex}`;
  await printFacts(output, {
    id: timestamp.toString(),
    json: `${eventJson(event).slice(0, -1)},${more.slice(1)}`,
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
    below: `\n${indented(body)}`,
  });
}

function headJson(head: EventHead | undefined): object | null {
  if (head === undefined) return null;
  const { aggregateId, sequence, timestamp, type } = head;
  return { aggregateId: aggregateId.hex, sequence, timestamp, type };
}
