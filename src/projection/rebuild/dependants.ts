import { outsiders } from '../../store/catalog/outsiders.js';
import type { Executor } from '../../store/read/rows.js';
import type { Copy } from '../copies/copy.js';
import { DependentObjectsError } from '../copies/errors.js';
import { describeMembers, objectsOf, type SchemaObject } from '../../store/catalog/schema-objects.js';

/** The objects of a copy in the schema where it is in use. What was dropped since is none of it. */
export async function liveObjects(on: Executor, { liveSchema, objects }: Copy): Promise<SchemaObject[]> {
  if (liveSchema === undefined) return [];
  const known = new Set(objects);
  return (await objectsOf(on, liveSchema)).filter(({ description }) => known.has(description));
}

/**
 * Objects of others that depend on the tables of a live copy and would be lost with them, or would keep the old ones in use: views,
 * foreign keys, functions, publications, and what was added to the tables since `setUp`, such as indexes, columns, triggers
 * and policies. Kinds and names, none for a copy that nothing depends on. Functions whose bodies are texts depend on
 * names only, and are not found.
 */
export async function dependants(on: Executor, copy: Copy): Promise<string[]> {
  const { liveSchema, objects } = copy;
  const own = await liveObjects(on, copy);
  if (liveSchema === undefined || own.length === 0) return [];
  const known = new Set(objects);
  const added = (await describeMembers(on, liveSchema, own)).filter((description) => !known.has(description));
  return [...new Set([...added, ...(await outsiders(on, own))])].toSorted();
}

/** Throws {@link DependentObjectsError} when others depend on the tables of a live copy. */
export async function assertNoDependants(on: Executor, copy: Copy): Promise<void> {
  const found = await dependants(on, copy);
  if (found.length > 0) throw new DependentObjectsError(copy.name, found);
}
