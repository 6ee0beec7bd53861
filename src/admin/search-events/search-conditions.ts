import type { Conditions } from '../../store/read/conditions.js';

/** Hex digits of a node id, as timestamps print them. */
const NODE_DIGITS = 16;

/** Only events whose timestamp is of this node; of all when absent. */
export function ofNode(where: Conditions, node: bigint | undefined): void {
  if (node === undefined) return;
  where.and('substring("timestamp" FROM 9) = ?', Buffer.from(node.toString(16).padStart(NODE_DIGITS, '0'), 'hex'));
}

/** Only events whose type has a text in it, or whose body, as JSON is printed or as the strings in it are; in upper or lower case. */
export function withText(where: Conditions, text: string | undefined): void {
  if (text === undefined) return;
  const inString = JSON.stringify(text).slice(1, -1);
  const patterns = [...new Set([text, inString])].map((part) => `%${part.replace(/[\\%_]/g, '\\$&')}%`);
  where.and(
    `(type ILIKE ? OR ${patterns.map(() => 'body::text ILIKE ?').join(' OR ')})`,
    patterns[0] as string,
    ...patterns,
  );
}

/** Only aggregates, whose id in SQL is given, whose first event is of one of these types; all when absent. */
export function beginningWith(
  where: Conditions,
  { events, id }: { readonly events: string; readonly id: string },
  types: readonly string[] | undefined,
): void {
  if (types === undefined) return;
  const first = `SELECT initial.type FROM ${events} AS initial WHERE initial.aggregate_id = ${id} ORDER BY initial.sequence LIMIT 1`;
  where.and(`(${first}) IN (${types.map(() => '?').join(', ')})`, ...types);
}
