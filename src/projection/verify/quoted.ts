/** A name as an identifier of SQL, whatever is in it. */
export function quoted(name: string): string {
  // A question mark would be taken for a binding.
  return `"${name.replaceAll('"', '""').replaceAll('?', '\\?')}"`;
}

/** The name of a table with its schema, for SQL. */
export function tableIn(schema: string, table: string): string {
  return `${quoted(schema)}.${quoted(table)}`;
}
