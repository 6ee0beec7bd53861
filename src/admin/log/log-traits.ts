import { layoutAt } from '../../store/layout/read-layout.js';
import { type Traits, traitsOf } from '../../store/layout/traits.js';
import { withReadRetry } from '../../store/read/read-retry.js';
import { checkSchemaName, DEFAULT_SCHEMA } from '../../store/schema-name.js';
import type { EventLog } from './event-log.js';

/** The properties of the layout of a log on which statements depend. Asks the database once; see `layoutAt`. */
export async function traitsAt({ knex, schema = DEFAULT_SCHEMA }: EventLog): Promise<Traits> {
  checkSchemaName(schema);
  return traitsOf(await withReadRetry(async () => await layoutAt(knex, schema), knex));
}
