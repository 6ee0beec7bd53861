import type { Conditions } from '../../store/read/conditions.js';

/** Hex digits of a node id, as timestamps print them. */
const NODE_DIGITS = 16;

/** Adds the condition that the event's timestamp is of this node; nothing when absent. */
export function whereNode(where: Conditions, node: bigint | undefined): void {
  if (node === undefined) return;
  where.and('substring("timestamp" FROM 9) = ?', Buffer.from(node.toString(16).padStart(NODE_DIGITS, '0'), 'hex'));
}

/**
 * Adds the condition that the type contains a text, or the body does, as printed JSON or inside its strings; ignoring
 * case.
 */
export function whereText(where: Conditions, text: string | undefined): void {
  if (text === undefined) return;
  const inString = JSON.stringify(text).slice(1, -1);
  const patterns = [...new Set([text, inString])].map((part) => `%${part.replace(/[\\%_]/g, '\\$&')}%`);
  where.and(
    `(type ILIKE ? OR ${patterns.map(() => 'body::text ILIKE ?').join(' OR ')})`,
    patterns[0] as string,
    ...patterns,
  );
}

/** Adds the condition that the aggregate (`id` in SQL) has a first event of one of these types; nothing when absent. */
export function whereFirstType(
  where: Conditions,
  { events, id }: { readonly events: string; readonly id: string },
  types: readonly string[] | undefined,
): void {
  if (types === undefined) return;
  const first = `SELECT initial.type FROM ${events} AS initial WHERE initial.aggregate_id = ${id} ORDER BY initial.sequence LIMIT 1`;
  where.and(`(${first}) IN (${types.map(() => '?').join(', ')})`, ...types);
}
