import type { Command } from 'commander';
import type { Database } from '../../../connection/database.js';
import type { MaestroError } from '../../../errors.js';
import { assertAggregate } from '../../fold/assert-aggregate.js';
import { aggregateChoice } from '../../fold/choose-aggregate.js';
import type { CliContext } from '../../context.js';
import { UsageError } from '../../errors.js';
import { createSession, type Session, withDatabase } from '../../session.js';
import { printSnapshotOutcome } from '../../output/snapshot-outcome.js';
import { type IdArgument, idOrPrefix } from '../../input/id-argument.js';
import { resolveAggregateId } from '../../input/resolve-id.js';

interface CreateOptions {
  readonly aggregate?: string;
  /** False with `--no-snapshot`. */
  readonly snapshot: boolean;
}

/** Why a snapshot that nobody uses is not replaced. */
const UNUSED =
  'The stored one is not used: it has another version, a higher sequence than the last event, or the handlers fail on it. Only a newer snapshot can replace it. Create one after the next event, or delete this one with `maestro snapshot delete`.';

/** Declares `maestro snapshot create`. */
export function registerSnapshotCreate(snapshot: Command, context: CliContext): void {
  snapshot
    .command('create')
    .summary("fold the current state with the application's handlers and store it")
    .description(
      'Fold the events of an aggregate with the configured handlers, and store the state after the last one as its snapshot, if ' +
        'it is newer than the stored one.',
    )
    .argument('<id>', 'the aggregate', idOrPrefix)
    .option(
      '--aggregate <name>',
      'fold with the handlers of this aggregate of the configuration file (default: the one that owns it)',
    )
    .option('--no-snapshot', 'fold from the first event, whatever snapshot is stored')
    .addHelpText(
      'after',
      `\nExample:\n  $ maestro snapshot create 01a207704b600000deadbeefcafef00d --aggregate bank-account`,
    )
    .action((id: IdArgument, options: CreateOptions, command: Command) =>
      createSnapshot(id, options, createSession(context, command)),
    );
}

async function createSnapshot(
  argument: IdArgument,
  { aggregate, snapshot }: CreateOptions,
  session: Session,
): Promise<void> {
  const choose = await aggregateChoice(session, aggregate);
  const create = async (database: Database) => {
    const { store } = database;
    const id = await resolveAggregateId(session, database, argument);
    await assertAggregate(database, id);
    const definition = await choose(store, id);
    if (definition === undefined)
      throw new UsageError(`No configured definition owns ${id.hex}.`, {
        hint: 'Name the one it is with --aggregate, and list it in maestro.config.ts.',
      });
    const [{ fold }, { storeSnapshot }] = await Promise.all([
      import('../../../aggregate/history.js'),
      import('../../../aggregate/snapshot/store-snapshot.js'),
    ]);
    const warn = (error: MaestroError) => void session.output.warn(error.message);
    const history = { definition, store, id, onSnapshotIgnored: warn };
    const moment = await fold(history, { useSnapshot: snapshot });
    const outcome = await storeSnapshot(history, store, moment);
    const isUsed = outcome === 'committed' || (await fold({ ...history, onSnapshotIgnored: undefined })).snapshot > 0;
    return { id, sequence: moment.sequence, outcome, hint: isUsed ? undefined : UNUSED };
  };
  const { id, sequence, outcome, hint } = await withDatabase(session, create, { writes: true });
  await printSnapshotOutcome(id, sequence, outcome, session, hint);
}
