import type { Command } from 'commander';
import type { Database } from '../../../connection/database.js';
import { Timestamp } from '../../../hlc/timestamp.js';
import type { JsonObject } from '../../../json/types.js';
import { sequence } from '../../input/arguments.js';
import { assertAggregate } from '../../fold/assert-aggregate.js';
import { aggregateChooser, typeOfFirstEvent } from '../../fold/choose-aggregate.js';
import type { CliContext } from '../../context.js';
import { InputError, UsageError } from '../../errors.js';
import { createSession, type Session, sessionSettings, withDatabase } from '../../session.js';
import { printSnapshotOutcome } from '../../output/snapshot-outcome.js';
import { type IdArgument, IdPrefix, idOrPrefix } from '../../input/id-argument.js';
import { resolveAggregateId } from '../../input/resolve-id.js';

interface PutOptions {
  readonly sequence: number;
  readonly body?: string;
  readonly file?: string;
  readonly aggregate?: string;
  readonly force?: boolean;
}

/** Declares `maestro snapshot put`. */
export function registerSnapshotPut(snapshot: Command, context: CliContext): void {
  snapshot
    .command('put')
    .summary('store a snapshot, if it is newer than the stored one')
    .description(
      'Store a state that you give with --body or --file as the snapshot of an aggregate, if it is newer than the stored one. ' +
        'When a configured definition owns the aggregate, its handlers are first tried on the state. If they fail, nothing is ' +
        'stored (exit 5).',
    )
    .argument('<id>', 'the aggregate', idOrPrefix)
    .requiredOption('--sequence <sequence>', 'the last event that the state contains', sequence)
    .option('--body <json>', 'the state, a JSON object')
    .option('--file <file>', 'a file that holds the state; "-" reads standard input')
    .option('--aggregate <name>', 'try it with the handlers of this aggregate of the configuration file')
    .option('--force', 'store also what the handlers fail on')
    .addHelpText(
      'after',
      `\nExample:\n  $ maestro snapshot put 01a207704b600000deadbeefcafef00d --sequence 38 --body '{"value": 33}'`,
    )
    .action((id: IdArgument, options: PutOptions, command: Command) =>
      putSnapshot(id, options, createSession(context, command)),
    );
}

async function putSnapshot(argument: IdArgument, options: PutOptions, session: Session): Promise<void> {
  const body = await readBody(options, session);
  const { encodeSnapshot } = await import('../../../store/commit/validate.js');
  const { interop } = await sessionSettings(session);
  const snapshotOf = (aggregateId: Timestamp) => ({ aggregateId, sequence: options.sequence, body });
  // Bad input must not even touch a database.
  encodeSnapshot(snapshotOf(argument instanceof IdPrefix ? Timestamp.of({ time: 0 }) : argument), interop);
  const choose = await aggregateChooser(session, options.aggregate);
  const store = async (database: Database) => {
    const id = await resolveAggregateId(session, database, argument);
    const last = await assertAggregate(database, id);
    if (options.sequence > last)
      throw new InputError(`The aggregate's last sequence is ${last}, so there is no state at ${options.sequence}.`, {
        hint: 'Nothing was written.',
      });
    const definition = await choose(id, () => typeOfFirstEvent(database.store, id));
    if (definition !== undefined) {
      const { trySnapshot } = await import('../../fold/trial/snapshot-trial.js');
      const how = { force: options.force ?? false, output: session.output };
      await trySnapshot({ definition, store: database.store, id }, snapshotOf(id), how);
    }
    return { id, outcome: await database.store.commitSnapshot(snapshotOf(id)) };
  };
  const { id, outcome } = await withDatabase(session, store, { writes: true });
  await printSnapshotOutcome(id, options.sequence, outcome, session);
}

async function readBody({ body, file }: PutOptions, session: Session): Promise<JsonObject> {
  if (body !== undefined && file !== undefined)
    throw new UsageError('--body and --file are two ways to give the state; use one of them.');
  if (body === undefined && file === undefined) throw new UsageError('Give the state with --body or with --file.');
  const { parseObject } = await import('../../input/parse-drafts.js');
  if (body !== undefined) return parseObject(body, 'The text of --body');
  const { inputName, readInput } = await import('../../input/read-input.js');
  return parseObject(await readInput(file ?? '-', session), inputName(file ?? '-'));
}
