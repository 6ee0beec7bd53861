import type { Knex } from 'knex';
import { type Session, sessionSettings, withDatabase } from './session.js';

/** Looks at a database without making it: an embedded one that is not there has nothing in it. */
export async function ifThere<Value>(
  session: Session,
  look: (knex: Knex | undefined, schema: string) => Promise<Value>,
): Promise<Value> {
  const settings = await sessionSettings(session);
  if ('dataDir' in settings.target) {
    const { dataFolderExists } = await import('../connection/embedded/data-folder.js');
    if (!dataFolderExists(settings.target.dataDir)) return await look(undefined, settings.schema);
  }
  return await withDatabase(session, ({ knex, schema }) => look(knex, schema), { settings });
}
