import type { Command } from 'commander';
import type { Timestamp } from '../../hlc/timestamp.js';
import type { FoldedState } from '../../replay/merge-events.js';
import { aggregateId, sequenceOrZero, time } from '../arguments.js';
import type { CliContext } from '../context.js';
import { UsageError } from '../errors.js';
import { printFacts } from '../print-facts.js';
import { createSession, type Session, withDatabase } from '../session.js';
import { assertAggregate } from './events.js';

interface ReplayOptions {
  readonly maxSequence?: number;
  readonly at?: number;
}

const HOW = 'the bodies were merged in order (JSON Merge Patch, RFC 7396)';

/** Declares `maestro replay`. */
export function registerReplay(program: Command, context: CliContext): void {
  program
    .command('replay')
    .summary('show the state of one aggregate, now or in the past')
    .description(
      'Fold the events of one aggregate into its state, up to a sequence or a time. The bodies are merged in order ' +
        '(JSON Merge Patch, RFC 7396): later keys replace earlier ones, null removes.',
    )
    .argument('<id>', 'the aggregate', aggregateId)
    .option('--max-sequence <sequence>', 'the state after this event (0: before the first)', sequenceOrZero)
    .option('--at <time>', 'the state at this time', time)
    .addHelpText(
      'after',
      `
Examples:
  $ maestro replay 01a2077042bc0000deadbeefcafef00d
  $ maestro replay 01a2077042bc0000deadbeefcafef00d --max-sequence 41
  $ maestro replay 01a2077042bc0000deadbeefcafef00d --at "yesterday 14:34" -o json`,
    )
    .action((id: Timestamp, options: ReplayOptions, command: Command) =>
      replay(id, options, createSession(context, command)),
    );
}

async function replay(id: Timestamp, { maxSequence, at }: ReplayOptions, session: Session): Promise<void> {
  if (maxSequence !== undefined && at !== undefined)
    throw new UsageError('--max-sequence and --at name two moments; use one of them.');
  const { mergeEvents } = await import('../../replay/merge-events.js');
  const folded = await withDatabase(session, async ({ store }) => {
    await assertAggregate(store, id);
    return await mergeEvents(store.streamStoredEvents(id, 1, { maxSequence }), at);
  });
  await print(id.hex, folded, session);
}

async function print(id: string, { sequence, timestamp, state }: FoldedState, { output }: Session): Promise<void> {
  const { printJson } = await import('../../json/print.js');
  const known = JSON.stringify({ aggregateId: id, sequence, timestamp: timestamp ?? null, aggregate: null });
  if (output.format !== 'table') await output.note(`no aggregate is configured, so ${HOW}`);
  await printFacts(output, {
    id,
    json: `${known.slice(0, -1)},"state":${printJson(state)}}`,
    facts: [
      ['aggregate', id],
      ['sequence', String(sequence)],
      ['timestamp', timestamp?.toString() ?? 'before the first event'],
      ['state', `no aggregate is configured, so ${HOW}`],
    ],
    below: printJson(state, 2),
  });
}
