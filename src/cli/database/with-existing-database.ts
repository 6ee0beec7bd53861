import type { Knex } from 'knex';
import { dataFolderExists } from '../../connection/embedded/data-folder.js';
import type { Invocation } from '../invocation.js';
import { databaseSettings } from './database-settings.js';
import { withDatabase } from './with-database.js';

/** Reads a database that may not exist yet, without creating it: `look` gets no Knex for an embedded one that does not. */
export async function withExistingDatabase<Value>(
  invocation: Invocation,
  look: (knex: Knex | undefined, schema: string) => Promise<Value>,
): Promise<Value> {
  const settings = await databaseSettings(invocation);
  const { target, schema } = settings;
  if ('dataDir' in target && !dataFolderExists(target.dataDir)) return await look(undefined, schema);
  return await withDatabase(invocation, ({ knex, schema }) => look(knex, schema), { settings });
}
