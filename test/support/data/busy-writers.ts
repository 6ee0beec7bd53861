import type { ExecutionContext } from 'ava';
import type { Knex } from 'knex';
import pg from 'pg';
import { PostgresStore } from '../../../src/store/postgres-store.js';
import { aHistory, anEvent, anId } from './factories.js';

/** Writers of every kind on one event log, which go on until they are stopped. */
export interface BusyWriters {
  /** The body of each event that is acknowledged and still there, by aggregate and sequence. */
  readonly expected: ReadonlyMap<string, string>;
  /** The longest that one write took, in milliseconds. */
  readonly longest: number;
  /** Ends the writers; rejects with the first error of one. */
  stop(): Promise<void>;
}

/** Number of writers that commit with the library, and of those that insert as Elixir Maestro does. */
const OF_EACH = 3;
/** Number of events that are changed, removed and written again. */
const CHANGED = 5;

/** Starts three writers with the library, three as Elixir Maestro inserts, one that changes and removes events, and one that reads. */
export function busyWriters(t: ExecutionContext, knex: Knex, url: string, schema: string): BusyWriters {
  const expected = new Map<string, string>();
  let [isStopped, longest] = [false, 0];
  const loop = async (write: (round: number) => Promise<void>) => {
    for (let round = 0; !isStopped; round += 1) {
      const start = performance.now();
      await write(round);
      longest = Math.max(longest, performance.now() - start);
    }
  };
  const context = { knex, url, schema, expected, loop };
  const running = Promise.all([
    ...Array.from({ length: OF_EACH }, () => committing(context)),
    ...Array.from({ length: OF_EACH }, () => inserting(context)),
    changing(context),
    reading(context),
  ]);
  let failure: { readonly error: unknown } | undefined;
  const settled = running.then(
    () => {},
    (error: unknown) => {
      failure = { error };
    },
  );
  const stop = async () => {
    isStopped = true;
    await settled;
    if (failure !== undefined) throw failure.error;
  };
  t.teardown(() => stop().catch(() => {}));
  return {
    expected,
    get longest() {
      return longest;
    },
    stop,
  };
}

interface Context {
  readonly knex: Knex;
  readonly url: string;
  readonly schema: string;
  readonly expected: Map<string, string>;
  readonly loop: (write: (round: number) => Promise<void>) => Promise<void>;
}

async function committing({ knex, schema, expected, loop }: Context): Promise<void> {
  const store = new PostgresStore(knex, { schema });
  const id = anId();
  await loop(async (round) => {
    const events = [1, 2].map((n) => anEvent(id, { sequence: 2 * round + n, body: { n: round } }));
    const result = await store.commitEvents(events);
    if (!result.ok) throw new Error(`A sequence of ${id.hex} is taken that nobody else writes.`);
    for (const { sequence } of events) expected.set(`${id.hex} ${sequence}`, `{"n": ${round}}`);
  });
}

/** As Elixir Maestro: an insert for each event, the last sequence first, by the name of the table alone, and prepared. */
async function inserting({ url, schema, expected, loop }: Context): Promise<void> {
  const client = new pg.Client({ connectionString: url, options: `-c search_path=${schema}` });
  await client.connect();
  try {
    const id = anId();
    await loop(async (round) => {
      await client.query('BEGIN');
      for (const sequence of [2 * round + 2, 2 * round + 1])
        await client.query({
          name: 'insert',
          text: 'INSERT INTO event_log (timestamp, aggregate_id, sequence, type, body) VALUES ($1, $2, $3, $4, $5)',
          values: [anId().encode(), id.encode(), sequence, 'happened', { n: round }],
        });
      await client.query('COMMIT');
      for (const sequence of [2 * round + 1, 2 * round + 2]) expected.set(`${id.hex} ${sequence}`, `{"n": ${round}}`);
    });
  } finally {
    await client.end();
  }
}

/** Changes the body of one event after the other, and every third time removes it and writes it again, at another time. */
async function changing({ knex, schema, expected, loop }: Context): Promise<void> {
  const store = new PostgresStore(knex, { schema });
  const id = anId();
  await store.commitEvents(aHistory(id, CHANGED));
  for (let n = 1; n <= CHANGED; n += 1) expected.set(`${id.hex} ${n}`, `{"n": ${n}}`);
  await loop(async (round) => {
    const sequence = (round % CHANGED) + 1;
    const body = { round };
    const which = [id.encode(), sequence] as const;
    if (round % 3 === 0) {
      await knex.raw(`DELETE FROM "${schema}".event_log WHERE aggregate_id = ? AND sequence = ?`, [...which]);
      await store.commitEvents([anEvent(id, { sequence, body })]);
    } else
      await knex.raw(`UPDATE "${schema}".event_log SET body = ? WHERE aggregate_id = ? AND sequence = ?`, [
        body,
        ...which,
      ]);
    expected.set(`${id.hex} ${sequence}`, `{"round": ${round}}`);
  });
}

/** Reads in a transaction that has seen another table before the log: it must find all that was acknowledged before it began. */
async function reading({ knex, schema, expected, loop }: Context): Promise<void> {
  await loop(async () => {
    // One event may be removed at the moment.
    const least = expected.size - 1;
    const count = await knex.transaction(
      async (trx) => {
        await trx.raw(`SELECT count(*) FROM "${schema}".snapshots`);
        const { rows } = await trx.raw<{ rows: { count: string }[] }>(`SELECT count(*) FROM "${schema}".event_log`);
        return Number(rows[0]?.count);
      },
      { isolationLevel: 'repeatable read' },
    );
    if (count < least) throw new Error(`A reader saw ${count} events, and ${least} had been acknowledged before.`);
  });
}
