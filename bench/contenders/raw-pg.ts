import pg from 'pg';
import { Clock, MAX_SEQUENCE } from '../../dist/src/index.js';
import { bodyAt, type Contender, type Place } from './contender.js';

/** Number of events in one page of a stream. */
const PAGE = 4000;

/** PostgreSQL's type OID of a body. */
const JSONB = 3802;

/** The floor, with its pool and the parsers of its values. */
export type RawPg = Contender & { readonly pool: pg.Pool; readonly types: pg.CustomTypesConfig };

/** The floor: `pg` with prepared statements and as little JavaScript as can be. It checks nothing. */
export function openRawPg({ url, schema, connections }: Place): RawPg {
  const pool = new pg.Pool({ connectionString: url, max: connections });
  // The server may be gone before the pool is.
  pool.on('error', () => {});
  const clock = new Clock();
  const log = `"${schema}".event_log`;
  // Between two bounds: with one or none, PostgreSQL's plan for a prepared statement sorts what the index has in order.
  const select = `SELECT timestamp, sequence, type, body FROM ${log}
WHERE aggregate_id = $1 AND sequence >= $2 AND sequence <= $3 ORDER BY sequence`;
  const rowMode = 'array';
  // Emmett changes how the driver reads JSON, for all that use the driver.
  const parse = (text: string): unknown => JSON.parse(text);
  const types: pg.CustomTypesConfig = {
    getTypeParser: (type: number, format) =>
      type === JSONB ? parse : (pg.types.getTypeParser(type, format) as typeof parse),
  };
  return {
    name: 'raw pg',
    pool,
    types,
    commit: async (id, sequence, count) => {
      const key = id.encode();
      const values: unknown[] = [];
      for (let n = sequence; n < sequence + count; n += 1)
        values.push(clock.now().encode(), key, n, 'incremented', JSON.stringify(bodyAt(n)));
      try {
        await pool.query({ name: `insert ${count}`, text: insertOf(log, count), values });
        return true;
      } catch (error) {
        if ((error as { code?: string }).code === '23505') return false;
        throw error;
      }
    },
    read: async (id) => {
      const values = [id.encode(), 1, MAX_SEQUENCE];
      return (await pool.query({ name: 'read', text: select, values, rowMode, types })).rows.length;
    },
    stream: async (id) => {
      let count = 0;
      for (let first = 1; ; first += PAGE) {
        const values = [id.encode(), first, first + PAGE - 1];
        const { rows } = await pool.query({ name: 'read', text: select, values, rowMode, types });
        count += rows.length;
        if (rows.length < PAGE) return count;
      }
    },
    lastSequence: async (id) => {
      const text = `SELECT max(sequence) AS sequence FROM ${log} WHERE aggregate_id = $1`;
      const { rows } = await pool.query<{ sequence: number | null }>({ name: 'last', text, values: [id.encode()] });
      return rows[0]?.sequence ?? 0;
    },
    commitSnapshot: async (id, sequence) => {
      const text = `INSERT INTO "${schema}".snapshots AS s VALUES ($1, $2, $3) ON CONFLICT (aggregate_id)
DO UPDATE SET sequence = EXCLUDED.sequence, body = EXCLUDED.body WHERE s.sequence < EXCLUDED.sequence`;
      await pool.query({ name: 'snapshot', text, values: [id.encode(), sequence, JSON.stringify(bodyAt(sequence))] });
    },
    close: () => pool.end(),
  };
}

const inserts = new Map<string, string>();

function insertOf(log: string, count: number): string {
  const key = `${log} ${count}`;
  let text = inserts.get(key);
  if (text === undefined) {
    const row = (index: number) => `(${[1, 2, 3, 4, 5].map((column) => `$${index * 5 + column}`).join(', ')})`;
    text = `INSERT INTO ${log} (timestamp, aggregate_id, sequence, type, body) VALUES ${Array.from({ length: count }, (_, index) => row(index)).join(', ')}`;
    inserts.set(key, text);
  }
  return text;
}
