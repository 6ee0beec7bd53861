import { InvalidArgumentError } from '../errors.js';

/** The default schema of the tables. */
export const DEFAULT_SCHEMA = 'public';

const SCHEMA_NAME = /^[A-Za-z_][A-Za-z0-9_$]{0,62}$/;

/** Returns the name when Maestro accepts it for a schema. Throws {@link InvalidArgumentError} otherwise. */
export function checkSchemaName(name: string): string {
  if (!SCHEMA_NAME.test(name))
    throw new InvalidArgumentError(`${JSON.stringify(name)} cannot be the name of a schema here.`, {
      hint: 'Write a letter or underscore, then up to 62 letters, digits, underscores or dollar signs.',
    });
  return name;
}

/** The name of a table in SQL, with its schema. The schema's name has been checked, so quoting it is enough. */
export function qualified(schema: string, table: string): string {
  return `"${schema}"."${table}"`;
}
