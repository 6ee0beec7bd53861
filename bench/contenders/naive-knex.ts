import knexFactory, { type Knex } from 'knex';
import { Clock } from '../../dist/src/index.js';
import type { Timestamp } from '../../dist/src/index.js';
import { bodyAt, type Contender, type Place } from './contender.js';

/** A store as an application would write it by hand on Knex: a transaction, and the query builder. */
export function openNaiveKnex({ url, schema, connections }: Place): Contender {
  const knex = knexFactory({ client: 'pg', connection: url, pool: { min: 0, max: connections } });
  const clock = new Clock();
  const log = (on: Knex) => on.withSchema(schema).table('event_log');
  const of = (id: Timestamp) => log(knex).where('aggregate_id', id.encode());
  return {
    name: 'knex',
    commit: async (id, sequence, count) => {
      const rows = Array.from({ length: count }, (_, index) => ({
        timestamp: clock.now().encode(),
        aggregate_id: id.encode(),
        sequence: sequence + index,
        type: 'incremented',
        body: JSON.stringify(bodyAt(sequence + index)),
      }));
      try {
        await knex.transaction(async (transaction) => {
          await log(transaction).insert(rows);
        });
        return true;
      } catch (error) {
        if ((error as { code?: string }).code === '23505') return false;
        throw error;
      }
    },
    read: async (id) => ((await of(id).select('*').orderBy('sequence')) as unknown[]).length,
    lastSequence: async (id) => {
      const [row] = await of(id).max<{ max: number | null }[]>('sequence');
      return row?.max ?? 0;
    },
    commitSnapshot: async (id, sequence) => {
      await knex
        .withSchema(schema)
        .table('snapshots')
        .insert({ aggregate_id: id.encode(), sequence, body: JSON.stringify(bodyAt(sequence)) })
        .onConflict('aggregate_id')
        .merge(['sequence', 'body'])
        .where('snapshots.sequence', '<', sequence);
    },
    close: () => knex.destroy(),
  };
}
