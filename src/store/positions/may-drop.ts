/** The condition, in SQL, that the role may drop a schema; true for one that is not there. */
export function mayDrop(/** The name of the schema, as SQL has it. */ name: string): string {
  return `coalesce((SELECT pg_has_role(nspowner, 'USAGE') FROM pg_namespace WHERE nspname = ${name}), true)`;
}
