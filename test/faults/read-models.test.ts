import { setTimeout as delay } from 'node:timers/promises';
import test from 'ava';
import type { Knex } from 'knex';
import { runProjections } from '../../src/index.js';
import { type Child, useProcesses } from '../support/children/processes.js';
import { anId } from '../support/data/factories.js';
import { tallies, type TallyRow, tallyOf, tallyRows } from '../support/data/tallies.js';
import { testKnex, testUrl, useTestDatabase } from '../support/database.js';
import { figure, isFull, rounds } from '../support/figures.js';

const layouts = { plain: useTestDatabase(test), partitioned: useTestDatabase(test, { partitions: 4 }) };
const writers = useProcesses(test, 'tally-writer.ts');
const workers = useProcesses(test, 'tally-worker.ts');
/** The error of each process's clock, in minutes. */
const CLOCKS = ['10', '-10', '0', '3'];

/** What readers of the read model have seen, and what was wrong about it. */
class Readers {
  readonly #knex: Knex;
  readonly #schema: string;
  readonly #seen = new Map<string, TallyRow>();
  looks = 0;
  versions = new Set<number>();
  faults: string[] = [];

  constructor(knex: Knex, schema: string) {
    this.#knex = knex;
    this.#schema = schema;
  }

  /** Looks once at some aggregates: in one snapshot, each row is the fold of a prefix of its history, and nothing has gone back. */
  async look(ids: readonly string[]): Promise<void> {
    const { rows, tokens } = await this.#read(ids);
    this.looks += 1;
    const versions = new Set(rows.map(({ version }) => version));
    if (versions.size > 1) this.faults.push(`rows of versions ${[...versions].join(' and ')} at once`);
    for (const version of versions) this.versions.add(version);
    for (const row of rows) {
      const { id, version, last } = row;
      const expected = tallyOf(id, version, (tokens.get(id) ?? []).slice(0, last));
      if (JSON.stringify(expected) !== JSON.stringify({ ...expected, ...row }))
        this.faults.push(`${JSON.stringify(row)} is not ${JSON.stringify(expected)}`);
      const before = this.#seen.get(id);
      if (before !== undefined && before.last > last)
        this.faults.push(`${id} went back from ${before.last} to ${last}`);
      this.#seen.set(id, row);
    }
    for (const id of ids)
      if (this.#seen.has(id) && !rows.some((row) => row.id === id)) this.faults.push(`${id} is gone`);
  }

  /** Compares all rows with all of the log. */
  async compareAll(ids: readonly string[]): Promise<{ readonly events: number; readonly differing: number }> {
    const { rows, tokens } = await this.#read(ids);
    const version = Math.max(...rows.map((row) => row.version));
    let [events, differing] = [0, 0];
    for (const [id, all] of tokens) {
      events += all.length;
      const row = rows.find((candidate) => candidate.id === id);
      if (JSON.stringify(row && { ...row }) !== JSON.stringify(tallyOf(id, version, all))) differing += 1;
    }
    return { events, differing };
  }

  async #read(ids: readonly string[]): Promise<{ readonly rows: TallyRow[]; readonly tokens: Map<string, string[]> }> {
    const { rows: found } = await this.#knex.raw<{ rows: unknown[] }>(
      `SELECT WHERE to_regclass('tallies') IS NOT NULL`,
    );
    return await this.#knex.transaction(
      async (transaction) => {
        // Before the snapshot: else a switch in between would give the new table as it was then, not yet as far as the old one.
        if (found.length > 0) await transaction.raw('LOCK TABLE tallies IN ACCESS SHARE MODE');
        const rows = found.length > 0 ? await tallyRows(transaction, ids) : [];
        const events = await transaction.raw<{ rows: { id: string; token: string }[] }>(
          `SELECT encode(aggregate_id, 'hex') AS id, body->>'token' AS token FROM "${this.#schema}".event_log
           WHERE aggregate_id = ANY (?) ORDER BY aggregate_id, sequence`,
          [ids.map((id) => Buffer.from(id, 'hex'))],
        );
        const tokens = new Map<string, string[]>();
        for (const { id, token } of events.rows) {
          const before = tokens.get(id);
          if (before === undefined) tokens.set(id, [token]);
          else before.push(token);
        }
        return { rows, tokens };
      },
      { isolationLevel: 'repeatable read' },
    );
  }
}

for (const [layout, { schema }] of Object.entries(layouts))
  test.serial(
    `whatever writers, workers and a rebuild do at once, each row is the fold of a prefix of its history, ${layout} layout`,
    async (t) => {
      t.timeout(900_000);
      const knex = testKnex({ searchPath: [schema], pool: { min: 0, max: 4 } });
      t.teardown(() => knex.destroy());
      const readers = new Readers(knex, schema);
      const ids = Array.from({ length: rounds(12, 400) }, () => anId().hex);
      const some = () =>
        isFull ? Array.from({ length: 12 }, () => ids[Math.floor(Math.random() * ids.length)] ?? '') : ids;
      const share = rounds(120, 26_000);
      const start = (version: number) => workers.start(testUrl(), schema, String(version));
      const under = CLOCKS.map((minutes) => writers.start(testUrl(), schema, minutes, String(share), ids.join(',')));
      const running: Child[] = [start(1), start(1), start(1)];
      let kills = 0;
      let isWriting = true;
      const written = Promise.all(under.map(async (writer) => Number(await writer.line()))).finally(() => {
        isWriting = false;
      });
      // One worker after the other is killed; those that follow have the next version, so a rebuild begins midway.
      const killing = (async () => {
        while (isWriting && kills < rounds(3, 40)) {
          await delay(rounds(300, 2500));
          await running.shift()?.kill();
          kills += 1;
          running.push(start(kills > rounds(1, 6) ? 2 : 1));
        }
      })();
      const reading = (async () => {
        while (isWriting) {
          await readers.look(some());
          await delay(isFull ? 100 : 20);
        }
      })();
      await Promise.all([written, killing, reading]);

      const ending = new AbortController();
      const database = { knex, schema };
      const last = runProjections(database, [tallies(2)], { signal: ending.signal });
      while ((await liveVersion(knex, schema)) < 2) {
        await last.caughtUp();
        await readers.look(some());
        await delay(50);
      }
      t.deepEqual(await last.caughtUp(), { parked: 0 });
      for (const worker of running) worker.tell('end');
      for (const worker of running) await worker.ended();
      ending.abort();
      await last.stopped;
      await readers.look(ids);
      t.deepEqual(readers.faults.slice(0, 5), []);
      t.deepEqual([...readers.versions], [1, 2], 'readers saw the old rows, then the new ones');
      const { events, differing } = await readers.compareAll(ids);
      t.is(differing, 0);
      t.is(
        events,
        (await written).reduce((sum, count) => sum + count, 0),
      );
      figure(
        `read models under everything at once, ${layout}`,
        `${events.toLocaleString('en')} events of 16 writers in 4 processes with clocks up to ±10 min, transactions held open, rows by plain SQL; ${kills} kills of workers; an inline projection and a rebuild meanwhile: ${readers.looks} looks, each row the fold of a prefix; at the end 0 missed, 0 twice`,
      );
    },
  );

async function liveVersion(knex: Knex, schema: string): Promise<number> {
  const { rows } = await knex.raw<{ rows: { version: number }[] }>(
    `SELECT version FROM "${schema}".maestro_projections WHERE name = 'tallies' AND status = 'live'`,
  );
  return rows[0]?.version ?? 0;
}
