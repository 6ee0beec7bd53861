import type { Database } from '../../../../connection/database.js';
import { Timestamp } from '../../../../hlc/timestamp.js';
import type { JsonObject } from '../../../../json/types.js';
import { encodeSnapshot } from '../../../../store/commit/validate.js';
import { InputError, UsageError } from '../../../errors.js';
import { assertAggregate } from '../../../fold/assert-aggregate.js';
import { typeOfFirstEvent } from '../../../../folding/choose-definition.js';
import { aggregateChooser } from '../../../fold/choose-aggregate.js';
import { trySnapshot } from '../../../fold/trial/snapshot-trial.js';
import { type IdArgument, IdPrefix } from '../../../input/id-argument.js';
import { parseObject } from '../../../input/parse-drafts.js';
import { inputName, readInput } from '../../../input/read-input.js';
import { resolveAggregateId } from '../../../input/resolve-id.js';
import { printSnapshotOutcome } from '../../../output/print-snapshot-outcome.js';
import { databaseSettings } from '../../../database/database-settings.js';
import { withDatabase } from '../../../database/with-database.js';
import type { Invocation } from '../../../invocation.js';

/** The options of `maestro snapshot put`. */
export interface PutOptions {
  readonly sequence: number;
  readonly body?: string;
  readonly file?: string;
  readonly aggregate?: string;
  readonly force?: boolean;
}

/** Stores a state that was given. */
export async function run(argument: IdArgument, options: PutOptions, invocation: Invocation): Promise<void> {
  const body = await readBody(options, invocation);
  const { interop } = await databaseSettings(invocation);
  const snapshotOf = (aggregateId: Timestamp) => ({ aggregateId, sequence: options.sequence, body });
  // Bad input must not even touch a database.
  encodeSnapshot(snapshotOf(argument instanceof IdPrefix ? Timestamp.of({ time: 0 }) : argument), interop);
  const choose = await aggregateChooser(invocation, options.aggregate);
  const store = async (database: Database) => {
    const id = await resolveAggregateId(invocation, database, argument);
    const last = await assertAggregate(database, id);
    if (options.sequence > last)
      throw new InputError(`The aggregate's last sequence is ${last}, so there is no state at ${options.sequence}.`, {
        hint: 'Nothing was written.',
      });
    const definition = await choose(id, () => typeOfFirstEvent(database.store, id));
    const history = definition && { definition, store: database.store, id };
    const warning = history && (await trySnapshot(history, snapshotOf(id), { force: options.force ?? false }));
    return { id, warning, outcome: await database.store.commitSnapshot(snapshotOf(id)) };
  };
  const { id, warning, outcome } = await withDatabase(invocation, store, { writes: true });
  await printSnapshotOutcome(id, options.sequence, outcome, invocation);
  if (warning !== undefined) await invocation.output.warn(warning);
}

async function readBody({ body, file }: PutOptions, invocation: Invocation): Promise<JsonObject> {
  if (body !== undefined && file !== undefined)
    throw new UsageError('--body and --file are two ways to give the state; use one of them.');
  if (body === undefined && file === undefined) throw new UsageError('Give the state with --body or with --file.');
  if (body !== undefined) return parseObject(body, 'The text of --body');
  return parseObject(await readInput(file ?? '-', invocation), inputName(file ?? '-'));
}
