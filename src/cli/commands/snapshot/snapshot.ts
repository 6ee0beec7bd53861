import type { Command } from 'commander';
import { MAX_SEQUENCE, type StoredSnapshot } from '../../../events.js';
import { sequenceOrZero } from '../../input/arguments.js';
import type { CliContext } from '../../context.js';
import { NotFoundError } from '../../errors.js';
import { bound, longBound } from '../../input/bounds.js';
import { printFacts } from '../../output/print-facts.js';
import { createSession, type Session, withDatabase } from '../../session.js';
import { registerSnapshotCreate } from './snapshot-create.js';
import { registerSnapshotDelete } from './snapshot-delete.js';
import { registerSnapshotPut } from './snapshot-put.js';
import { registerSnapshotVerify } from './snapshot-verify.js';
import { type IdArgument, idOrPrefix } from '../../input/id-argument.js';
import { resolveAggregateId } from '../../input/resolve-id.js';
import { assertAggregate } from '../../fold/assert-aggregate.js';

interface GetOptions {
  readonly min: number;
  readonly max: number;
}

/** Declares `maestro snapshot` and the commands below it; `exit` is told when one finds something. */
export function registerSnapshot(program: Command, context: CliContext, exit: (code: number) => void): void {
  const snapshot = program
    .command('snapshot')
    .summary('read, store, verify and delete snapshots')
    .description('Read, store, verify and delete the snapshot of an aggregate: its state at one sequence.')
    .addHelpText('after', `\nExample:\n  $ maestro snapshot get 01a207704b600000deadbeefcafef00d`);
  registerGet(snapshot, context);
  registerSnapshotPut(snapshot, context);
  registerSnapshotCreate(snapshot, context);
  registerSnapshotVerify(snapshot, context, exit);
  registerSnapshotDelete(snapshot, context);
}

function registerGet(snapshot: Command, context: CliContext): void {
  snapshot
    .command('get')
    .summary('show the stored snapshot')
    .description('Show the stored snapshot of an aggregate: the state that it holds, and the last event in that state.')
    .argument('<id>', 'the aggregate', idOrPrefix)
    .addOption(bound('min', 'only a snapshot of at least this sequence', sequenceOrZero, 0))
    .addOption(bound('max', 'only a snapshot of at most this sequence', sequenceOrZero, MAX_SEQUENCE))
    .addOption(longBound('min', sequenceOrZero))
    .addOption(longBound('max', sequenceOrZero))
    .addHelpText('after', `\nExample:\n  $ maestro snapshot get 01a207704b600000deadbeefcafef00d --max 41 -o json`)
    .action((id: IdArgument, options: GetOptions, command: Command) =>
      getSnapshot(id, options, createSession(context, command)),
    );
}

async function getSnapshot(argument: IdArgument, { min, max }: GetOptions, session: Session): Promise<void> {
  const stored = await withDatabase(session, async (database) => {
    const id = await resolveAggregateId(session, database, argument);
    const snapshot = await database.store.getStoredSnapshot(id, min, { maxSequence: max });
    if (snapshot !== undefined) return snapshot;
    await assertAggregate(database, id);
    throw new NotFoundError(`There is no snapshot of ${id.hex} from sequence ${min} to ${max}.`, {
      hint: `Widen --min and --max, or see the state with \`maestro replay ${id.hex}\`.`,
    });
  });
  await print(stored, session);
}

async function print(stored: StoredSnapshot, { output }: Session): Promise<void> {
  const { snapshotJson } = await import('../../../store/read/stored-json.js');
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
