import { createHash } from 'node:crypto';
import { projectionTables } from '../../store/projection-tables.js';
import { type Executor, execute, query } from '../../store/read/rows.js';
import type { AnyProjection } from '../definition.js';
import { BUILD_PREFIX, type Copy, readCopy } from './copy.js';

/**
 * Inserts the row of a new copy; `undefined` when the name has one of that status, for which this waits when another
 * process is about to insert it.
 */
export async function insertCopy(
  on: Executor,
  schema: string,
  { name, version, kind }: Pick<AnyProjection, 'name' | 'version' | 'kind'>,
  status: 'live' | 'building',
  liveSchema: string | undefined,
): Promise<Copy | undefined> {
  const { projections } = projectionTables(schema);
  const [row] = await query<[number]>(
    on,
    `INSERT INTO ${projections} (name, version, kind, status, live_schema) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (name) WHERE status = '${status}' DO NOTHING RETURNING id`,
    [name, version, kind, status, liveSchema ?? null],
  );
  return row === undefined ? undefined : await readCopy(on, schema, row[0]);
}

/** Records what `setUp` made for a copy, and where that is. */
export async function recordObjects(on: Executor, schema: string, copy: Copy): Promise<void> {
  const { id, liveSchema, buildSchema, tables, objects } = copy;
  await execute(
    on,
    `UPDATE ${projectionTables(schema).projections} SET live_schema = ?, build_schema = ?,
tables = ARRAY(SELECT json_array_elements_text(?::text::json)), objects = ARRAY(SELECT json_array_elements_text(?::text::json))
WHERE id = ?`,
    [liveSchema ?? null, buildSchema ?? null, JSON.stringify(tables), JSON.stringify(objects), id],
  );
}

/** The longest name that PostgreSQL takes, in bytes. */
const LONGEST = 63;

/** Name of the schema where a copy is built. It names the schema of the store, too, of which a database may have several. */
export function buildSchemaOf(schema: string, id: number): string {
  return schemaName(BUILD_PREFIX, schema, id);
}

/** Name of the schema where the tables of a copy are kept that is not in use any more. */
export function retiredSchemaOf(schema: string, id: number): string {
  return schemaName('maestro_retired_', schema, id);
}

function schemaName(prefix: string, schema: string, id: number): string {
  const name = `${prefix}${schema}_${id}`;
  if (name.length <= LONGEST) return name;
  const digest = createHash('sha256').update(schema).digest('hex').slice(0, 8);
  return `${prefix}${schema.slice(0, LONGEST - prefix.length - 24)}_${digest}_${id}`;
}
