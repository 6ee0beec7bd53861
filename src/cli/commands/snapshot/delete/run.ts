import { hasEctoMigrations } from '../../../../admin/log/elixir.js';
import { deleteSnapshot, type SnapshotHead, snapshotHead } from '../../../../admin/log/stored-snapshots.js';
import type { Database } from '../../../../connection/database.js';
import type { Timestamp } from '../../../../hlc/timestamp.js';
import { RawJson } from '../../../../json/text/object-text.js';
import { NotFoundError, SnapshotKeptError, UsageError } from '../../../errors.js';
import { type IdArgument, IdPrefix } from '../../../input/id-argument.js';
import { assertReason, toExecute } from '../../../input/reason.js';
import { resolveAggregateId } from '../../../input/resolve-id.js';
import { printFacts } from '../../../output/print-facts.js';
import { counted } from '../../../../text/figures.js';
import { withDatabase } from '../../../database/with-database.js';
import type { Invocation } from '../../../invocation.js';

/** The options of `maestro snapshot delete`. */
export interface DeleteOptions {
  readonly reason?: string;
  readonly expect?: number;
  readonly execute?: boolean;
}

/** A snapshot to delete, and the number of events to fold without it. */
interface Deletion extends SnapshotHead {
  readonly events: number;
  /** True when an Elixir application uses the schema, which cannot read snapshots with a version. */
  readonly besideElixir: boolean;
}

/** Plans to delete a snapshot, and does it with `--execute`. */
export async function run(argument: IdArgument, options: DeleteOptions, invocation: Invocation): Promise<void> {
  const { reason, expect, execute = false } = options;
  assertReason(reason, execute);
  if (execute && argument instanceof IdPrefix)
    throw new UsageError('--execute needs the whole id of the aggregate.', {
      hint: 'Leave --execute out to see what would be deleted, with the whole id. Nothing was changed.',
    });
  const { id, deletion } = await withDatabase(
    invocation,
    async (database) => {
      const id = await resolveAggregateId(invocation, database, argument);
      const head = await headOf(database, id);
      if (expect !== undefined && head.sequence !== expect) throw another(id, head, expect);
      if (execute) await remove(database, id, head);
      const events = (await database.store.getLastEvent(id))?.sequence ?? 0;
      return { id, deletion: { ...head, events, besideElixir: await hasEctoMigrations(database) } };
    },
    { writes: execute },
  );
  await print(id, deletion, options, invocation);
  if (!execute) return await invocation.output.note(toExecute(options.reason, deletion.sequence));
  await invocation.output.note(
    'processes that have the aggregate in memory keep their state and may store it again; restart them if the state is wrong',
  );
}

async function headOf(database: Database, id: Timestamp): Promise<SnapshotHead> {
  const head = await snapshotHead(database, id);
  if (head !== undefined) return head;
  throw new NotFoundError(`There is no snapshot of ${id.hex}.`, {
    hint: 'Check the id, the database (--url, --data-dir) and the schema (--schema).',
  });
}

/** Deletes the snapshot that was read before, but not a newer one stored since. */
async function remove(database: Database, id: Timestamp, { sequence }: SnapshotHead): Promise<void> {
  if (await deleteSnapshot(database, id, sequence)) return;
  const now = await headOf(database, id);
  if (now.sequence !== sequence) throw another(id, now, sequence);
  throw new SnapshotKeptError(`The snapshot of ${id.hex} could not be deleted.`, {
    hint: 'Nothing was changed. Look for a trigger, rule or policy on the table, and at the rights of the role.',
  });
}

function another(id: Timestamp, { sequence }: SnapshotHead, expected: number): SnapshotKeptError {
  return new SnapshotKeptError(`The snapshot of ${id.hex} is of sequence ${sequence}, not ${expected}.`, {
    hint: `Nothing was deleted. Look at it with \`maestro snapshot get ${id.hex}\`, then run this without --execute to see a new plan.`,
  });
}

async function print(
  id: Timestamp,
  { sequence, version, events, besideElixir }: Deletion,
  { reason, execute = false }: DeleteOptions,
  { output }: Invocation,
): Promise<void> {
  const unreadable = besideElixir ? ', which the Elixir application of this schema cannot read' : '';
  const kind = version === undefined ? 'without a version' : `of version ${version}${unreadable}`;
  const json = {
    aggregateId: id.hex,
    executed: execute,
    at: new Date().toISOString(),
    reason: reason ?? null,
    sequence,
    version: version === undefined ? null : new RawJson(version),
    events,
  };
  await printFacts(output, {
    ids: [id.hex],
    json,
    facts: [
      ['aggregate', id.hex],
      ...(reason === undefined ? [] : [['reason', reason] as const]),
      [execute ? 'snapshot deleted' : 'snapshot to delete', `that of sequence ${sequence}, ${kind}`],
      [
        'afterwards',
        events === 0 ? 'there are no events of it' : `${counted(events, 'event')} to fold, from the first`,
      ],
    ],
  });
}
