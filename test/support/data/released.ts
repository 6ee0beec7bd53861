import { readdirSync, readFileSync } from 'node:fs';

/** The tables of every release, as SQL for a schema of this name: see the page beside them. */
const released = new URL('../../fixtures/released/', import.meta.url);
export const RELEASED_SCHEMA = 'released';

/** The versions that have been released. */
export const releasedVersions = readdirSync(released, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

/** The SQL with which a version made its tables. */
export function releasedSql(
  version: string,
  layout: 'plain' | 'partitioned',
  /** The schema to make them in. */ schema = RELEASED_SCHEMA,
): string {
  const sql = readFileSync(new URL(`${version}/${layout}.sql`, released), 'utf8');
  return sql.replaceAll(`"${RELEASED_SCHEMA}"`, `"${schema}"`);
}
