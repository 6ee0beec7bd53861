import type { PagesLog } from './log.js';
import { anyOf, type Asked, bytes, FEW, jsonPath, type Page, TIME } from './page.js';

/** The parts that pages load after they are shown, and a page whose history was folded before. */
export function afterwards({ table, long, length }: PagesLog): Page[] {
  const positions = table.replace('event_log', 'maestro_positions');
  const behind = `SELECT count(*) FROM (SELECT aggregate_id, max(sequence) AS last FROM ${table} GROUP BY 1) AS e JOIN ${positions} AS p USING (aggregate_id) WHERE p.sequence < last`;
  const counts = (where: string) => `SELECT ${TIME} / 21600000, type, count(*) FROM ${table} ${where} GROUP BY 1, 2`;
  const bodies = `SELECT sequence, type, body FROM ${table} WHERE aggregate_id = $1 AND sequence > $2 AND sequence <= $3 ORDER BY sequence`;
  const state = (id: string, at: number, from: number): Asked => {
    return { path: `/aggregate/${id}?at=${at}&part=moment`, plain: [bodies, bytes(id), from, at] };
  };
  return [
    {
      name: 'overview: numbers of the whole log',
      requests: FEW,
      ask: () => ({ path: '/?part=counts', plain: [`SELECT count(DISTINCT aggregate_id), count(*) FROM ${table}`] }),
    },
    { name: 'overview: health', requests: FEW, ask: () => ({ path: '/?part=findings' }) },
    { name: 'search: numbers, of all time', ask: () => ({ path: '/search?part=counts', plain: [counts('')] }) },
    {
      name: 'search: numbers, a jsonpath',
      ask: ({ n }) => ({
        path: `/search?part=counts&where=${encodeURIComponent(jsonPath(n))}`,
        plain: [counts(`WHERE body @@ '${jsonPath(n)}'`)],
      }),
    },
    {
      name: 'long history: the last state, folded',
      requests: 2 * long.length,
      isCold: true,
      ask: (_visited, turn) => state(long[turn % long.length] ?? '', length, 0),
    },
    {
      name: 'long history: any state, once it was folded',
      ask: (_visited, turn) => state(long[0] ?? '', anyOf(length, turn), anyOf(length, turn) - 200),
    },
    {
      name: 'projections: behind the log',
      requests: FEW,
      ask: () => ({ path: '/projections?part=behind', plain: [behind] }),
    },
  ];
}
