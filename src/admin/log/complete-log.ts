import { ForeignSchemaError } from '../../store/migrate/migration-errors.js';
import { withReadRetry } from '../../store/read/read-retry.js';
import { DEFAULT_SCHEMA } from '../../store/schema-name.js';
import { readTableShape, type TableShape } from '../../store/migrate/table-shape.js';
import type { EventLog } from './event-log.js';
import { assertNoHiddenRows } from './row-security.js';

/**
 * Throws unless a query of the whole log sees all of it: `PermissionDeniedError` when row-level security hides rows
 * from this role, `ForeignSchemaError` when a partition is detached.
 */
export async function assertCompleteLog(log: EventLog): Promise<void> {
  await assertNoHiddenRows(log);
  const shape = await shapeOf(log, 'event_log');
  if (shape?.kind === 'partitioned' && shape.coverage < 1 - 1e-9)
    throw new ForeignSchemaError(
      ['partitions of event_log are missing, and with them the events of some aggregates'],
      'Attach them again (ALTER TABLE … ATTACH PARTITION). Single aggregates can be read meanwhile.',
    );
}

/** The tables of the store that are replaced by something else, such as a view, with its kind. */
export async function tablesReplaced(
  log: EventLog,
): Promise<{ readonly table: string; readonly kind: TableShape['kind'] }[]> {
  const found = [];
  for (const table of ['event_log', 'snapshots'] as const) {
    const kind = (await shapeOf(log, table))?.kind ?? 'table';
    if (kind !== 'table' && kind !== 'partitioned') found.push({ table, kind });
  }
  return found;
}

function shapeOf({ knex, schema = DEFAULT_SCHEMA }: EventLog, table: string) {
  return withReadRetry(() => readTableShape(knex, schema, table));
}
