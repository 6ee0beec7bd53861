import { createReadStream, createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import knexFactory from 'knex';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import type { Contender } from '../contenders/contender.js';
import type { RawPg } from '../contenders/raw-pg.js';
import { inBuiltCommand } from '../built-command.js';
import { Clock } from '../../dist/src/index.js';
import { migrate } from '../../dist/src/index.js';
import type { Run, Workload } from '../measure.js';
import { forEach } from './contenders.js';

const EVENTS_PER_AGGREGATE = 100;

/** W4, and the function that removes what it needed. */
export interface BulkLoad {
  readonly workload: Workload;
  readonly close: () => Promise<void>;
}

/**
 * W4: loading events in bulk into an empty log. Maestro imports an export, as a process of its own; the floor is COPY of
 * the same rows from a file into the log; the others commit batches of a thousand.
 */
export async function bulkLoad(
  contenders: readonly Contender[],
  raw: RawPg,
  url: string,
  events = 200_000,
): Promise<BulkLoad> {
  const folder = mkdtempSync(join(tmpdir(), 'maestro-bench-'));
  const [source, target] = ['bench_bulk_source', 'bench_bulk'];
  const knex = knexFactory({ client: 'pg', connection: url });
  for (const schema of [source, target]) await migrate(knex, { schema });
  await knex.destroy();
  await raw.pool.query(`TRUNCATE ${source}.event_log`);
  await raw.pool.query(`
    INSERT INTO ${source}.event_log SELECT decode(lpad(to_hex(1700000000000 + n), 12, '0') || '0000deadbeefcafef00d', 'hex'),
      decode(md5((n / ${EVENTS_PER_AGGREGATE})::text), 'hex'), n % ${EVENTS_PER_AGGREGATE} + 1, 'incremented',
      jsonb_build_object('n', n, 'amount', 1250.5, 'currency', 'EUR', 'account', 'DE89 3704 0044 0532 0130 00', 'settled', true,
        'note', repeat('n', 100)) FROM generate_series(0, ${events - 1}) AS n`);
  const [exported, copied] = [join(folder, 'log.ndjson'), join(folder, 'log.copy')];
  await inBuiltCommand(['export', '--file', exported, '--url', url, '--schema', source]);
  const client = await raw.pool.connect();
  const rows = `COPY (SELECT * FROM ${source}.event_log ORDER BY aggregate_id, sequence) TO STDOUT`;
  await pipeline(client.query(copyTo(rows)), createWriteStream(copied));
  client.release();

  const empty = () => raw.pool.query(`TRUNCATE ${target}.event_log, ${target}.snapshots`);
  const bulk: Record<string, () => Promise<Run>> = {
    maestro: async () => {
      await empty();
      const argv = ['import', '--file', exported, '--url', url, '--schema', target];
      const { seconds, memory } = await inBuiltCommand(argv, { measuresMemory: true });
      return { count: events, seconds, memory, latencies: [seconds * 1000] };
    },
    'raw pg': async () => {
      await empty();
      const on = await raw.pool.connect();
      const start = performance.now();
      await pipeline(createReadStream(copied), on.query(copyFrom(`COPY ${target}.event_log FROM STDIN`)));
      const seconds = (performance.now() - start) / 1000;
      on.release();
      return { count: events, seconds, latencies: [seconds * 1000] };
    },
  };
  const others = contenders.filter(({ name }) => name === 'knex' || name === 'emmett');
  const clock = new Clock();
  const batches = forEach(others, (contender) => async () => {
    const start = performance.now();
    for (let done = 0; done < events / 10; done += 1000) await contender.commit(clock.now(), 1, 1000);
    return { count: events / 10, seconds: (performance.now() - start) / 1000 };
  });
  return {
    workload: {
      id: 'W4',
      title: `bulk load of ${events.toLocaleString('en')} events (others: a tenth of them in batches of 1,000)`,
      unit: 'events/s',
      goal: 0.9,
      contenders: { ...bulk, ...batches },
    },
    close: async () => rmSync(folder, { recursive: true, force: true }),
  };
}
