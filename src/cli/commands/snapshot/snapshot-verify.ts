import type { Command } from 'commander';
import type { Database } from '../../../connection/database.js';
import type { StoredSnapshot } from '../../../events.js';
import type { SnapshotCheckCounts } from '../check/wrong-snapshots.js';
import { handlersChooser } from '../../fold/choose-aggregate.js';
import type { CliContext } from '../../context.js';
import { NotFoundError, UsageError } from '../../errors.js';
import { FOUND } from '../../exit-codes.js';
import { listed } from '../../output/iterate.js';
import { printFindings } from '../../output/print-findings.js';
import { counted, decimal } from '../../render/figures.js';
import { createSession, type Session, withDatabase } from '../../session.js';
import { type IdArgument, idOrPrefix } from '../../input/id-argument.js';
import { resolveAggregateId } from '../../input/resolve-id.js';
import { assertAggregate } from '../../fold/assert-aggregate.js';

interface VerifyOptions {
  readonly all?: boolean;
  readonly fix?: boolean;
  readonly aggregate?: string;
}

/** Declares `maestro snapshot verify`; `exit` is told when a snapshot is wrong and stays so. */
export function registerSnapshotVerify(snapshot: Command, context: CliContext, exit: (code: number) => void): void {
  snapshot
    .command('verify')
    .summary("compare stored snapshots with what the application's handlers make of the events")
    .description(
      'Fold the events up to the sequence of a snapshot with the configured handlers, and compare the states by content. ' +
        'Exits with 1 when one is different, ahead of its history, or cannot be folded, and --fix did not replace it.',
    )
    .argument('[id]', 'the aggregate', idOrPrefix)
    .option('--all', 'every snapshot there is')
    .option('--fix', 'put the proper state in the place of a wrong one')
    .option('--aggregate <name>', 'fold with the handlers of this aggregate of the configuration file')
    .addHelpText(
      'after',
      `
Examples:
  $ maestro snapshot verify 01a207704b600000deadbeefcafef00d
  $ maestro snapshot verify --all -o ndjson
  $ maestro snapshot verify --all --fix`,
    )
    .action(async (id: IdArgument | undefined, options: VerifyOptions, command: Command) => {
      if (await verifySnapshots(id, options, createSession(context, command))) exit(FOUND);
    });
}

async function verifySnapshots(
  id: IdArgument | undefined,
  { all, fix = false, aggregate }: VerifyOptions,
  session: Session,
): Promise<boolean> {
  if ((id === undefined) !== (all === true))
    throw new UsageError('Give the id of one aggregate, or --all.', { hint: 'See `maestro snapshot verify --help`.' });
  const choose = await handlersChooser(session, aggregate);
  const { output } = session;
  const { wrongSnapshots } = await import('../check/wrong-snapshots.js');
  return await withDatabase(
    session,
    async (database) => {
      const snapshots = id === undefined ? await allOf(database) : listed([await oneOf(database, id, session)]);
      const checked: SnapshotCheckCounts = { snapshots: 0, otherVersion: 0, withoutHandlers: 0 };
      let left = 0;
      const findings = async function* () {
        for await (const finding of wrongSnapshots(snapshots, database, choose, checked, fix)) {
          if (!finding.fixed) left += 1;
          yield finding;
        }
      };
      await printFindings(findings(), output, {
        name: 'wrong snapshots',
        checked: () => checked,
        checkedText: () => checkedText(checked),
        id: (finding) => finding.aggregateId,
        json: (finding) => JSON.stringify(finding),
        columns: [
          { heading: 'AGGREGATE', value: (finding) => finding.aggregateId, isId: true },
          { heading: 'SEQUENCE', value: ({ sequence }) => String(sequence), align: 'right' },
          { heading: 'FIXED', value: ({ fixed }) => (fixed ? 'yes' : 'no') },
          {
            heading: 'PROBLEM',
            value: ({ message }) => message,
            paint: (text) => output.style.bad(text),
            least: 12,
            wraps: true,
          },
        ],
      });
      if (checked.withoutHandlers > 0)
        await output.warn(
          `Not checked, because no configured definition owns them: ${counted(checked.withoutHandlers, 'snapshot')}.`,
        );
      return left > 0;
    },
    { writes: fix },
  );
}

async function allOf(database: Database): Promise<AsyncIterable<StoredSnapshot>> {
  const { storedSnapshots } = await import('../../../admin/log/stored-snapshots.js');
  return storedSnapshots(database);
}

async function oneOf(database: Database, argument: IdArgument, session: Session): Promise<StoredSnapshot> {
  const id = await resolveAggregateId(session, database, argument);
  const stored = await database.store.getStoredSnapshot(id, 0);
  if (stored !== undefined) return stored;
  await assertAggregate(database, id);
  throw new NotFoundError(`There is no snapshot of ${id.hex}.`, {
    hint: `Take one with \`maestro snapshot create ${id.hex}\`.`,
  });
}

function checkedText({ snapshots, otherVersion, withoutHandlers }: SnapshotCheckCounts): string {
  const others = [
    ...(otherVersion > 0 ? [`${decimal(otherVersion)} of another version, which nobody uses`] : []),
    ...(withoutHandlers > 0 ? [`${decimal(withoutHandlers)} without handlers`] : []),
  ];
  return `${counted(snapshots, 'snapshot')}${others.length > 0 ? ` (${others.join(', ')})` : ''}`;
}
