import type { Knex } from 'knex';

/** Everything that makes up the tables of a schema, as text: what pg_dump --schema-only would show a difference in. */
const PARTS = [
  `SELECT c.relkind::text || ' ' || c.relname || ' ' || coalesce(pg_get_partkeydef(c.oid), '') || ' ' ||
     coalesce(pg_get_expr(c.relpartbound, c.oid), '') || ' ' || coalesce(obj_description(c.oid), '')
   FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = ?`,
  `SELECT c.relname || '.' || a.attname || ' #' || a.attnum || ' ' || format_type(a.atttypid, a.atttypmod) || ' ' || a.attnotnull::text
     || ' ' || coalesce(pg_get_expr(d.adbin, d.adrelid), '')
   FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
   LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
   WHERE n.nspname = ? AND a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p')`,
  `SELECT r.relname || ' ' || c.conname || ' ' || pg_get_constraintdef(c.oid)
   FROM pg_constraint c JOIN pg_class r ON r.oid = c.conrelid JOIN pg_namespace n ON n.oid = r.relnamespace
   WHERE n.nspname = ? AND c.contype <> 'n'`,
  `SELECT indexdef FROM pg_indexes WHERE schemaname = ?`,
  `SELECT t.tgname || ' ' || pg_get_triggerdef(t.oid)
   FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = ?`,
];

/** Describes a schema, line by line; the schema's own name is left out so that two can be compared. */
export async function describeSchema(knex: Knex, schema: string): Promise<string[]> {
  const lines: string[] = [];
  for (const sql of PARTS) {
    const { rows } = await knex.raw<{ rows: Record<string, string>[] }>(sql, [schema]);
    lines.push(...rows.map((row) => String(Object.values(row)[0]).replaceAll(`${schema}.`, '')));
  }
  return lines.sort();
}
