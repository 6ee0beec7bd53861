import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import test from 'ava';
import type { NewEvent } from '../../src/events.js';
import { Clock } from '../../src/hlc/clock.js';
import { type TestDatabase, useTemporaryFolder, useTestDatabase } from '../support/database.js';
import { anEvent, anId } from '../support/data/factories.js';
import { startFaultProxy } from '../support/servers/fault-proxy.js';
import { figure, rounds } from '../support/figures.js';
import { useProcesses } from '../support/children/processes.js';
import { killProgram, startProgram } from '../support/cli/program.js';
import { insertRows } from '../support/data/transfer.js';

const EVENTS = rounds(600, 10_000);
const RECONNECTS = rounds(3, 20);
const WRITERS = 8;
const folder = useTemporaryFolder(test);
const program = useProcesses(test, 'cli-child.ts');
const layouts = { plain: useTestDatabase(test), partitioned: useTestDatabase(test, { partitions: 3 }) };

/**
 * Writes transactions of a few events until there are as many as wanted, each held open for a while before it commits; one in
 * ten is taken back. The clock of a writer is up to minutes slow, so events come late in both ways.
 */
async function write({ knex, schema }: TestDatabase, wanted: number, slow: number): Promise<string[]> {
  const clock = new Clock({ physicalTime: () => Date.now() - slow });
  const committed: string[] = [];
  while (committed.length < wanted) {
    const id = anId();
    const count = Math.min(wanted - committed.length, 1 + Math.floor(Math.random() * 10));
    const events = Array.from({ length: count }, (_, index): NewEvent =>
      anEvent(id, { sequence: index + 1, timestamp: clock.now() }),
    );
    const transaction = await knex.transaction();
    const rows = events.map(({ body, ...event }) => ({ ...event, body: JSON.stringify(body) }));
    await insertRows({ knex: transaction, schema }, { events: rows, snapshots: [] });
    await delay(Math.random() < 0.05 ? 400 : Math.random() * 40);
    if (Math.random() < 0.1) {
      await transaction.rollback();
      continue;
    }
    await transaction.commit();
    committed.push(...events.map(({ timestamp }) => timestamp.toString()));
  }
  return committed;
}

for (const [layout, database] of Object.entries(layouts))
  test(`tail -f shows every event once, whatever commits late and however often its connection breaks: ${layout}`, async (t) => {
    const applicationName = `tail_${anId().hex}`;
    const url = new URL(database.url);
    const proxy = await startFaultProxy(Number(url.port));
    t.teardown(() => proxy.close());
    url.port = String(proxy.port);
    url.searchParams.set('application_name', applicationName);
    const first = anEvent();
    await database.store().commitEvents([first]);
    const child = startProgram(['tail', '-n', '1', '-f', '-o', 'ndjson', '--interval', '0.1'], {
      cwd: folder,
      env: { MAESTRO_DATABASE_URL: url.href, MAESTRO_SCHEMA: database.schema },
      program: program.file,
    });
    t.teardown(() => killProgram(child));
    let complaints = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      complaints += text;
    });
    const shown: string[] = [];
    let changed = () => {};
    const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
    lines.on('line', (line) => {
      shown.push((JSON.parse(line) as { timestamp: string }).timestamp);
      changed();
    });
    child.once('close', () => changed());
    /** Waits until something has been shown; gives up when the process ends. */
    const until = async (condition: () => boolean) => {
      while (!condition()) {
        if (child.exitCode !== null) throw new Error(`tail ended with ${child.exitCode}:\n${complaints}`);
        await new Promise<void>((resolve) => (changed = resolve));
      }
    };
    await until(() => shown.length > 0);

    let terminated = 0;
    /** Ends the connection as soon as it is there. */
    const terminate = async () => {
      const sql =
        'SELECT count(pg_terminate_backend(pid))::integer AS n FROM pg_stat_activity WHERE application_name = ?';
      for (let ended = 0; ended === 0; await delay(5)) {
        if (child.exitCode !== null) throw new Error(`tail ended with ${child.exitCode}:\n${complaints}`);
        ended = (await database.knex.raw<{ rows: [{ n: number }] }>(sql, [applicationName])).rows[0].n;
      }
      terminated += 1;
    };
    const share = Math.ceil(EVENTS / WRITERS);
    let isWritten = false;
    const writing = Promise.all(
      Array.from({ length: WRITERS }, (_, writer) => write(database, share, (writer * 240_000) / (WRITERS - 1))),
    ).finally(() => {
      isWritten = true;
      changed();
    });
    // The connection is ended at any moment; every other time the next one breaks where events are on their way.
    while (terminated + proxy.broken < RECONNECTS) {
      const reconnects = terminated + proxy.broken;
      await until(() => isWritten || shown.length > (EVENTS * 0.9 * reconnects) / RECONNECTS);
      if (terminated % 2 === 0) proxy.breakAt('"timestamp" = ANY', terminated % 4 === 0 ? 'reply' : 'request');
      await terminate();
    }
    const committed = new Set([first.timestamp.toString(), ...(await writing).flat()]);
    // Later than all others, so it is shown last; after the second one, nothing has come twice either.
    for (let last = 1; last <= 2; last += 1) {
      const sentinel = anEvent();
      await database.store().commitEvents([sentinel]);
      committed.add(sentinel.timestamp.toString());
      await until(() => shown.includes(sentinel.timestamp.toString()));
    }

    const missed = [...committed].filter((timestamp) => !shown.includes(timestamp)).length;
    const twice = shown.length - new Set(shown).size;
    const strangers = shown.filter((timestamp) => !committed.has(timestamp)).length;
    t.deepEqual({ missed, twice, strangers }, { missed: 0, twice: 0, strangers: 0 }, complaints);
    const reconnects = terminated + proxy.broken;
    t.true(reconnects >= RECONNECTS && proxy.broken > 0);
    const text = `${committed.size} events of ${WRITERS} writers, ${reconnects} reconnects (${proxy.broken} with events on their way): ${missed} missed, ${twice} twice, ${strangers} that were taken back`;
    figure(`tail -f, ${layout} layout`, text);
    t.log(text);
  });
