import type { Command } from 'commander';
import { MAX_SEQUENCE, type StoredSnapshot } from '../../events.js';
import type { Timestamp } from '../../hlc/timestamp.js';
import type { JsonObject } from '../../json/types.js';
import { aggregateId, sequence, sequenceOrZero } from '../arguments.js';
import type { CliContext } from '../context.js';
import { InputError, NotFoundError, StaleSnapshotError, UsageError } from '../errors.js';
import { printFacts } from '../print-facts.js';
import { createSession, type Session, withDatabase } from '../session.js';
import { assertAggregate } from './events.js';

interface GetOptions {
  readonly min: number;
  readonly max: number;
}

interface PutOptions {
  readonly sequence: number;
  readonly body?: string;
  readonly file?: string;
}

/** Declares `maestro snapshot get` and `put`. */
export function registerSnapshot(program: Command, context: CliContext): void {
  const snapshot = program
    .command('snapshot')
    .summary('read and store snapshots')
    .description('Read and store the snapshot of an aggregate: its state at one sequence.')
    .addHelpText('after', `\nExample:\n  $ maestro snapshot get 01a207704b600000deadbeefcafef00d`);
  registerGet(snapshot, context);
  registerPut(snapshot, context);
}

function registerGet(snapshot: Command, context: CliContext): void {
  snapshot
    .command('get')
    .summary('show the stored snapshot')
    .argument('<id>', 'the aggregate', aggregateId)
    .option('--min <sequence>', 'only a snapshot of at least this sequence', sequenceOrZero, 0)
    .option('--max <sequence>', 'only a snapshot of at most this sequence', sequenceOrZero, MAX_SEQUENCE)
    .addHelpText('after', `\nExample:\n  $ maestro snapshot get 01a207704b600000deadbeefcafef00d --max 41 -o json`)
    .action((id: Timestamp, options: GetOptions, command: Command) =>
      getSnapshot(id, options, createSession(context, command)),
    );
}

function registerPut(snapshot: Command, context: CliContext): void {
  snapshot
    .command('put')
    .summary('store a snapshot, if it is newer than the stored one')
    .argument('<id>', 'the aggregate', aggregateId)
    .requiredOption('--sequence <sequence>', 'the last event that the state contains', sequence)
    .option('--body <json>', 'the state, a JSON object')
    .option('--file <file>', 'a file that holds the state; "-" reads standard input')
    .addHelpText(
      'after',
      `\nExample:\n  $ maestro snapshot put 01a207704b600000deadbeefcafef00d --sequence 38 --body '{"value": 33}'`,
    )
    .action((id: Timestamp, options: PutOptions, command: Command) =>
      putSnapshot(id, options, createSession(context, command)),
    );
}

async function getSnapshot(id: Timestamp, { min, max }: GetOptions, session: Session): Promise<void> {
  const stored = await withDatabase(session, ({ store }) => store.getStoredSnapshot(id, min, { maxSequence: max }));
  if (stored === undefined)
    throw new NotFoundError(`There is no snapshot of ${id.hex} from sequence ${min} to ${max}.`, {
      hint: 'Check the id, or widen --min and --max.',
    });
  await print(stored, session);
}

async function print(stored: StoredSnapshot, { output }: Session): Promise<void> {
  const { snapshotJson } = await import('../render/json.js');
  const id = stored.aggregateId.hex;
  await printFacts(output, {
    id,
    json: snapshotJson(stored),
    facts: [
      ['aggregate', id],
      ['sequence', String(stored.sequence)],
    ],
    below: stored.body,
  });
}

async function putSnapshot(id: Timestamp, options: PutOptions, session: Session): Promise<void> {
  const body = await readBody(options, session);
  const snapshot = { aggregateId: id, sequence: options.sequence, body };
  const { encodeSnapshot } = await import('../../store/validate.js');
  encodeSnapshot(snapshot);
  const outcome = await withDatabase(session, async ({ store }) => {
    const last = await assertAggregate(store, id);
    if (options.sequence > last)
      throw new InputError(`The aggregate's last sequence is ${last}, so there is no state at ${options.sequence}.`, {
        hint: 'Nothing was written.',
      });
    return await store.commitSnapshot(snapshot);
  });
  if (outcome === 'stale')
    throw new StaleSnapshotError(`A snapshot of sequence ${options.sequence} or later is stored already.`, {
      hint: 'Nothing was written; see `maestro snapshot get`.',
    });
  await printFacts(session.output, {
    id: id.hex,
    json: JSON.stringify({ aggregateId: id.hex, sequence: options.sequence }),
    facts: [
      ['aggregate', id.hex],
      ['sequence', `${options.sequence}, stored`],
    ],
  });
}

async function readBody({ body, file }: PutOptions, session: Session): Promise<JsonObject> {
  if ((body === undefined) === (file === undefined)) throw new UsageError('Give the state with --body or with --file.');
  const { parseObject } = await import('../parse-drafts.js');
  if (body !== undefined) return parseObject(body, 'The text of --body');
  const { inputName, readInput } = await import('../read-input.js');
  return parseObject(await readInput(file ?? '-', session), inputName(file ?? '-'));
}
