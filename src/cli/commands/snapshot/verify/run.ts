import { storedSnapshots } from '../../../../admin/log/stored-snapshots.js';
import type { Database } from '../../../../connection/database.js';
import type { StoredSnapshot } from '../../../../events.js';
import { NotFoundError, UsageError } from '../../../errors.js';
import { DONE, type ExitCode, FOUND } from '../../../exit-codes.js';
import { assertAggregate } from '../../../fold/assert-aggregate.js';
import { handlersChooser } from '../../../fold/choose-aggregate.js';
import type { IdArgument } from '../../../input/id-argument.js';
import { resolveAggregateId } from '../../../input/resolve-id.js';
import { printFindings } from '../../../output/print-findings.js';
import { counted, decimal } from '../../../../text/figures.js';
import { withDatabase } from '../../../database/with-database.js';
import type { Invocation } from '../../../invocation.js';
import { type SnapshotCheckCounts, wrongSnapshots } from '../../../fold/wrong-snapshots.js';

/** The options of `maestro snapshot verify`. */
export interface VerifySnapshotsOptions {
  readonly all?: boolean;
  readonly fix?: boolean;
  readonly aggregate?: string;
}

/** Compares snapshots, and exits with 1 when one is wrong and stays so. */
export async function run(
  id: IdArgument | undefined,
  { all, fix = false, aggregate }: VerifySnapshotsOptions,
  invocation: Invocation,
): Promise<ExitCode> {
  if ((id === undefined) !== (all === true))
    throw new UsageError('Give the id of one aggregate, or --all.', { hint: 'See `maestro snapshot verify --help`.' });
  const choose = await handlersChooser(invocation, aggregate);
  const { output } = invocation;
  return await withDatabase(
    invocation,
    async (database) => {
      const snapshots = id === undefined ? storedSnapshots(database) : [await oneOf(database, id, invocation)];
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
        json: (finding) => finding,
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
      return left > 0 ? FOUND : DONE;
    },
    { writes: fix },
  );
}

async function oneOf(database: Database, argument: IdArgument, invocation: Invocation): Promise<StoredSnapshot> {
  const id = await resolveAggregateId(invocation, database, argument);
  const stored = await database.store.getStoredSnapshot(id, 0);
  if (stored !== undefined) return stored;
  await assertAggregate(database, id);
  throw new NotFoundError(`There is no snapshot of ${id.hex}.`, {
    hint: `Create one with \`maestro snapshot create ${id.hex}\`.`,
  });
}

function checkedText({ snapshots, otherVersion, withoutHandlers }: SnapshotCheckCounts): string {
  const others = [
    ...(otherVersion > 0 ? [`${decimal(otherVersion)} of another version, which were not compared`] : []),
    ...(withoutHandlers > 0 ? [`${decimal(withoutHandlers)} without handlers`] : []),
  ];
  return `${counted(snapshots, 'snapshot')}${others.length > 0 ? ` (${others.join(', ')})` : ''}`;
}
