import type { Command } from 'commander';
import { Clock } from '../../hlc/clock.js';
import type { Timestamp } from '../../hlc/timestamp.js';
import { aggregateId } from '../input/arguments.js';
import { clockFacts, clockJson } from '../output/clock-facts.js';
import type { CliContext } from '../context.js';
import { printFacts } from '../output/print-facts.js';
import { createSession, type Session } from '../session.js';

/** Declares `maestro id new` and `show`. */
export function registerId(program: Command, context: CliContext): void {
  const id = program
    .command('id')
    .summary('make aggregate ids (new) and decode them (show)')
    .description('Make aggregate ids (new), and decode ids and timestamps (show), which have the same 16 bytes.')
    .addHelpText('after', '\nExamples:\n  $ maestro id new\n  $ maestro id show 01a2077042bc0000deadbeefcafef00d');
  id.command('new')
    .summary('make a new id')
    .description('Make a new id for an aggregate, from the time now and a random node, and show what it is made of.')
    .addHelpText('after', '\nExample:\n  $ maestro id new -q')
    .action((_options: object, command: Command) => show(new Clock().now(), createSession(context, command)));
  id.command('show')
    .summary('decode an id or timestamp')
    .description('Show the forms of an id or timestamp, and the time, counter and node in it. No database is needed.')
    .argument('<id>', 'an aggregate id or timestamp in any form', aggregateId)
    .addHelpText('after', '\nExample:\n  $ maestro id show 2014-09-14T00:00:00.000Z-0000-0000000000000000')
    .action((value: Timestamp, _options: object, command: Command) => show(value, createSession(context, command)));
}

async function show(value: Timestamp, { output }: Session): Promise<void> {
  const { hex } = value;
  const uuid = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  await printFacts(output, {
    id: hex,
    json: JSON.stringify({ aggregateId: hex, timestamp: value, uuid, ...clockJson(value) }),
    facts: [['id', hex], ['timestamp', value.toString()], ['uuid', uuid], ...clockFacts(value)],
  });
}
