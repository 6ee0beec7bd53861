import { listAggregates } from '../../dist/src/admin/index.js';
import { searchEvents } from '../../dist/src/admin/index.js';
import type { EventLog } from '../../dist/src/admin/index.js';
import type { RawPg } from '../contenders/raw-pg.js';
import type { Workload } from '../measure.js';
import { sequentially } from '../operations.js';

/** The first page of all aggregates, beside the same page by counting the whole log. */
export function firstAggregates(log: EventLog & { readonly schema: string }, { pool }: RawPg): Workload {
  const plain = `SELECT aggregate_id, count(*), min(timestamp), max(timestamp) FROM "${log.schema}".event_log
GROUP BY aggregate_id ORDER BY aggregate_id LIMIT 50`;
  return {
    id: 'aggregates',
    title: 'the first 50 aggregates, beside the plain SQL that counts the log',
    unit: 's',
    isTime: true,
    contenders: {
      maestro: () => sequentially(5, () => drain(listAggregates(log, { limit: 50 }))),
      'raw pg': () => sequentially(1, () => pool.query(plain)),
    },
  };
}

/** Fifty events of one type out of an hour, beside the same query. */
export function searchOfAnHour(log: EventLog & { readonly schema: string }, { pool, types }: RawPg): Workload {
  const since = Date.now() - 15 * 24 * 3_600_000;
  const until = since + 3_600_000;
  const key = (time: number) => Buffer.from(`${time.toString(16).padStart(12, '0')}${'0'.repeat(20)}`, 'hex');
  const text = `SELECT timestamp, aggregate_id, sequence, type, body FROM "${log.schema}".event_log
WHERE timestamp >= $1 AND timestamp < $2 AND type = $3 ORDER BY timestamp LIMIT 50`;
  const values = [key(since), key(until + 1), 'changed_3'];
  return {
    id: 'search',
    title: 'searching 50 events of one type in an hour, beside the same query',
    unit: 's',
    isTime: true,
    contenders: {
      maestro: () =>
        sequentially(50, () => drain(searchEvents(log, { since, until, types: ['changed_3'], limit: 50 }))),
      'raw pg': () => sequentially(50, () => pool.query({ name: 'search', text, values, types })),
    },
  };
}

async function drain(items: AsyncIterable<unknown>): Promise<void> {
  for await (const item of items) if (item === undefined) throw new Error('That is none.');
}
