import { InvalidArgumentError } from '../errors.js';

/** The schema in which the tables are unless another is named. */
export const DEFAULT_SCHEMA = 'public';

const SCHEMA_NAME = /^[A-Za-z_][A-Za-z0-9_$]{0,62}$/;

/** The name, when it is one that a schema may have here; else throws {@link InvalidArgumentError}. */
export function checkSchemaName(name: string): string {
  if (!SCHEMA_NAME.test(name))
    throw new InvalidArgumentError(`${JSON.stringify(name)} is not a schema name that Maestro takes.`, {
      hint: 'A letter or underscore, then up to 62 letters, digits, underscores or dollar signs.',
    });
  return name;
}

/** The name of a table in SQL, with its schema. The schema's name has been checked, so quoting it is enough. */
export function qualified(schema: string, table: string): string {
  return `"${schema}"."${table}"`;
}
