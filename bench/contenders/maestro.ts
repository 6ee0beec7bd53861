import knexFactory from 'knex';
import { Clock } from '../../dist/src/index.js';
import { PostgresStore } from '../../dist/src/index.js';
import { bodyAt, type Contender, type Place } from './contender.js';

/** Maestro, and its store. */
export type Maestro = Contender & { readonly store: PostgresStore };

/** Maestro as a program uses it: a store on a Knex instance, with no options. */
export function openMaestro({ url, schema, connections }: Place): Maestro {
  const knex = knexFactory({ client: 'pg', connection: url, pool: { min: 0, max: connections } });
  const store = new PostgresStore(knex, { schema });
  const clock = new Clock();
  return {
    name: 'maestro',
    store,
    commit: async (aggregateId, sequence, count) => {
      const events = Array.from({ length: count }, (_, index) => ({
        timestamp: clock.now(),
        aggregateId,
        sequence: sequence + index,
        type: 'incremented',
        body: bodyAt(sequence + index),
      }));
      return (await store.commitEvents(events)).ok;
    },
    read: async (id) => (await store.getEvents(id, 1)).length,
    stream: async (id) => {
      let count = 0;
      for await (const event of store.streamEvents(id, 1)) count += Math.sign(event.sequence);
      return count;
    },
    lastSequence: async (id) => (await store.getLastEvent(id))?.sequence ?? 0,
    commitSnapshot: async (aggregateId, sequence) => {
      await store.commitSnapshot({ aggregateId, sequence, body: bodyAt(sequence) });
    },
    close: () => knex.destroy(),
  };
}
