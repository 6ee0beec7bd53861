import { type Executor, execute, query } from '../../store/read/rows.js';
import { preparedStatement } from '../../store/driver/statement.js';
import { projectionTables } from '../../store/projection-tables.js';

/** The state of a copy: in use, being filled to replace the one in use, or replaced and not yet removed. */
export type CopyStatus = 'building' | 'live' | 'retired';

/** One filling of the tables of a projection at one version, or the positions of a subscription. */
export interface Copy {
  readonly id: number;
  readonly name: string;
  readonly version: number;
  readonly kind: 'projection' | 'subscription';
  readonly status: CopyStatus;
  /** The schema where the application finds the tables; absent for a subscription. */
  readonly liveSchema: string | undefined;
  /** The schema that has the tables as long as they are not those in use; absent for a copy that is live. */
  readonly buildSchema: string | undefined;
  /** The names of the tables that `setUp` made. */
  readonly tables: readonly string[];
  /** Everything that `setUp` made, tables too: its kind and its name, as `describeMembers` has it. */
  readonly objects: readonly string[];
  readonly createdAt: Date;
  /** The time at which it came into use; absent for one that is building, or was live from the first. */
  readonly switchedAt: Date | undefined;
}

type CopyRow = readonly [
  id: number,
  name: string,
  version: number,
  kind: Copy['kind'],
  status: CopyStatus,
  liveSchema: string | null,
  buildSchema: string | null,
  tables: string,
  objects: string,
  createdAt: string,
  switchedAt: string | null,
];

// Times as numbers, which do not depend on DateStyle.
const milliseconds = (column: string) => `floor(extract(epoch FROM ${column}) * 1000)::bigint::text`;
const COLUMNS = `id, name, version, kind, status, live_schema, build_schema, to_json(tables)::text, to_json(objects)::text,
${milliseconds('created_at')}, ${milliseconds('switched_at')}`;

/** The copies of all names or of some, by name, the oldest first. Retired ones too, until they have been removed. */
export async function readCopies(on: Executor, schema: string, names?: readonly string[]): Promise<Copy[]> {
  const { projections } = projectionTables(schema);
  const wanted = names === undefined ? '' : 'WHERE name IN (SELECT json_array_elements_text(?::text::json))';
  const rows = await query<CopyRow>(
    on,
    preparedStatement(`SELECT ${COLUMNS} FROM ${projections} ${wanted} ORDER BY name, id`),
    names === undefined ? [] : [JSON.stringify(names)],
  );
  return rows.map(copyOf);
}

/** The copy with an id, as it is now; `undefined` when it has been removed. With `lock` its row stays locked. */
export async function readCopy(on: Executor, schema: string, id: number, lock = ''): Promise<Copy | undefined> {
  const { projections } = projectionTables(schema);
  const rows = await query<CopyRow>(on, `SELECT ${COLUMNS} FROM ${projections} WHERE id = ? ${lock}`, [id]);
  return rows.map(copyOf)[0];
}

function copyOf([id, name, version, kind, status, live, build, tables, objects, createdAt, switchedAt]: CopyRow): Copy {
  return {
    id,
    name,
    version,
    kind,
    status,
    liveSchema: live ?? undefined,
    buildSchema: build ?? undefined,
    tables: JSON.parse(tables) as string[],
    objects: JSON.parse(objects) as string[],
    createdAt: new Date(Number(createdAt)),
    switchedAt: switchedAt === null ? undefined : new Date(Number(switchedAt)),
  };
}

/** Begins the names of schemas in which copies are built. */
export const BUILD_PREFIX = 'maestro_build_';

/**
 * Has unqualified names mean the tables of a copy until the transaction ends, or until this is called for another copy:
 * its schema comes first in the `search_path`, and what the session had there comes after it. Does nothing where the
 * tables are found first already, and for a subscription.
 */
export async function withCopyPath(transaction: Executor, copy: Copy): Promise<void> {
  const { buildSchema, liveSchema } = copy;
  if (liveSchema === undefined) return;
  const [first, second] = buildSchema === undefined ? [liveSchema] : [buildSchema, liveSchema];
  await execute(transaction, SET_PATH, [first, first, second ?? null]);
}

/** Sets the `search_path` until the transaction ends. */
export async function setSearchPath(transaction: Executor, path: string): Promise<void> {
  await execute(transaction, "SELECT set_config('search_path', ?::text, true)", [path]);
}

/** A `search_path` with a schema before all others. */
export function withFirst(schema: string, path: string): string {
  const quoted = `"${schema.replaceAll('"', '""')}"`;
  return path === '' ? quoted : `${quoted}, ${path}`;
}

// What this has put first for another copy that is built is removed: its schema, and its live one.
const SET_PATH = preparedStatement(`SELECT CASE WHEN current_schema() = ?::text THEN NULL ELSE set_config('search_path',
concat_ws(', ', '"' || replace(?::text, '"', '""') || '"', '"' || replace(?::text, '"', '""') || '"',
nullif(regexp_replace(current_setting('search_path'), '^"${BUILD_PREFIX}[^"]*", "([^"]|"")*"(, |$)', ''), '')), true) END`);
