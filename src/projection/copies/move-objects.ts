import { type Executor, execute } from '../../store/read/rows.js';
import { objectsOf, type SchemaObject } from '../../store/catalog/schema-objects.js';

/** Names of the kinds of objects in ALTER … SET SCHEMA; other kinds cannot be moved. */
const MOVED: Readonly<Record<string, string>> = {
  table: 'TABLE',
  'foreign table': 'FOREIGN TABLE',
  view: 'VIEW',
  'materialized view': 'MATERIALIZED VIEW',
  sequence: 'SEQUENCE',
  type: 'TYPE',
  function: 'FUNCTION',
  procedure: 'PROCEDURE',
  aggregate: 'AGGREGATE',
  'statistics object': 'STATISTICS',
  collation: 'COLLATION',
};

/** True for an object that {@link moveObjects} can move. */
export function isMovable({ kind }: SchemaObject): boolean {
  return Object.hasOwn(MOVED, kind);
}

/**
 * Moves objects to another schema, and with them all that is part of them: indexes, constraints, triggers, policies,
 * owned sequences. What refers to them by number, such as views, defaults and foreign keys, goes on doing so. Locks
 * tables as ALTER TABLE does, against all others.
 */
export async function moveObjects(
  transaction: Executor,
  objects: readonly SchemaObject[],
  from: string,
  to: string,
): Promise<void> {
  for (const { kind, identity, isOwned } of objects)
    if (!isOwned)
      await execute(transaction, `ALTER ${MOVED[kind]} ${quoted(from)}.${identity} SET SCHEMA ${quoted(to)}`);
}

/** Moves everything in a schema to another one, and removes the schema. */
export async function emptySchema(transaction: Executor, from: string, to: string): Promise<void> {
  await moveObjects(transaction, await objectsOf(transaction, from), from, to);
  await execute(transaction, `DROP SCHEMA ${quoted(from)}`);
}

/** A name in SQL. Names of schemas come from the catalog or from a search_path, so they can be any. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
