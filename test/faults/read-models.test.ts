import { setTimeout as delay } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { runProjections } from '../../src/index.js';
import { migrate } from '../../src/store/migrate/migrator.js';
import { type Child, useProcesses } from '../support/children/processes.js';
import { anId } from '../support/data/factories.js';
import { liveVersion, tallies, type Written } from '../support/data/tallies.js';
import { ApplicationReader, ExactReader, ReportReader } from '../support/data/tally-readers.js';
import { testKnex, useOwnDatabase } from '../support/database.js';
import { figure, isFull } from '../support/figures.js';
import { poolers } from '../support/servers/pooler.js';

const writers = useProcesses(test, 'tally-writer.ts');
const workers = useProcesses(test, 'tally-worker.ts');
const schema = 'public';
/** The error of each process's clock, in minutes. */
const CLOCKS = [10, -10, 0, 3];

/** Amounts of everything. */
interface Size {
  readonly aggregates: number;
  /** Number of events that each of the four processes writes at least. */
  readonly share: number;
  /** Longest time for which transactions stay open, and for which writers pause between two commits, in milliseconds. */
  readonly pace: { readonly hold: number; readonly rest: number };
  /** The same when all shares are written, so that the switch, which waits for open transactions, finds a moment. */
  readonly calm: { readonly hold: number; readonly rest: number };
  /** Longest wait of a report, in milliseconds. */
  readonly report: number;
  /** Time between two kills, their greatest number, and the number of workers that follow with the old version. */
  readonly killEvery: number;
  readonly kills: number;
  readonly old: number;
}

const SHORT: Size = {
  ...{ aggregates: 12, share: 40, pace: { hold: 100, rest: 60 }, calm: { hold: 20, rest: 200 }, report: 20 },
  ...{ killEvery: 200, kills: 2, old: 0 },
};
const FULL: Size = {
  ...{ aggregates: 400, share: 25_000, pace: { hold: 4000, rest: 0 }, calm: { hold: 100, rest: 200 }, report: 300 },
  ...{ killEvery: 4000, kills: 1000, old: 5 },
};

/** The place of a round: a database of its own, since a switch waits for all who read in it. */
interface Place {
  readonly name: string;
  /** The server's own URL, and the one that writers, workers and readers use. */
  readonly direct: string;
  readonly url: string;
}

async function everythingAtOnce(t: ExecutionContext, { name, direct, url }: Place, size: Size): Promise<void> {
  const began = performance.now();
  const [own, read] = [direct, url].map((connection) => testKnex({ connection, pool: { min: 0, max: 4 } }));
  if (own === undefined || read === undefined) return t.fail();
  t.teardown(() => Promise.all([own.destroy(), read.destroy()]));
  const [application, exact, report] = [
    new ApplicationReader(read, schema),
    new ExactReader(read, schema),
    new ReportReader(read, schema, size.report),
  ] as const;
  const readers = [application, exact, report];
  const ids = Array.from({ length: size.aggregates }, () => anId().hex);
  const some = () => Array.from({ length: 12 }, () => ids[Math.floor(Math.random() * ids.length)] ?? '');
  const start = (version: number) => workers.start(url, schema, String(version));
  const under = CLOCKS.map((minutes) => writers.start(url, schema, String(minutes), ids.join(',')));
  const running: Child[] = [start(1), start(1), start(1)];
  const write = async (writer: Child, events: number) => {
    writer.tell(`write ${events}`);
    t.is(await writer.line(), 'written');
  };
  const [deploysEarly, deploysLate] = under.slice(2) as [Child, Child];
  let [kills, isWriting] = [0, true];
  // One worker after the other is killed; those that follow have the next version, so a rebuild begins midway.
  const killing = async () => {
    while (isWriting && !exact.versions.has(1)) await delay(20);
    while (isWriting && kills < size.kills) {
      await delay(size.killEvery);
      await running.shift()?.kill();
      kills += 1;
      // Some keep the old version, so that its rows stay near the log until the switch.
      running.push(start(kills > size.old && kills % 3 > 0 ? 2 : 1));
      if (kills !== size.old + 1) continue;
      report.floor = new Map(exact.seen);
      deploysEarly.tell('version 2');
    }
  };
  const reading = readers.map(async (reader) => {
    while (isWriting) {
      await reader.look(some());
      await delay(size.report);
    }
  });
  const pace = ({ hold, rest }: Size['pace']) => {
    for (const writer of under) for (const line of [`hold ${hold}`, `rest ${rest}`]) writer.tell(line);
  };
  const writing = async () => {
    pace(size.pace);
    await Promise.all(under.map((writer) => write(writer, size.share)));
    pace(size.calm);
    while ((await liveVersion(own, schema)) < 2) await delay(50);
    deploysLate.tell('version 2');
    // So that there are commits with the new tables inline.
    await Promise.all([deploysEarly, deploysLate].map((writer) => write(writer, 60)));
    for (const writer of under) writer.tell('end');
    return await Promise.all(under.map(async (writer) => JSON.parse((await writer.line()) ?? '') as Written));
  };
  const writtenBy = writing().finally(() => (isWriting = false));
  const [written] = await Promise.all([writtenBy, killing(), ...reading]);

  const ending = new AbortController();
  const last = runProjections({ knex: own, schema }, [tallies(2)], { signal: ending.signal });
  t.deepEqual(await last.caughtUp(), { parked: 0 });
  for (const worker of running) worker.tell('end');
  for (const worker of running) await worker.ended();
  ending.abort();
  await last.stopped;
  for (const reader of readers) await reader.look(ids);

  const sum = (part: (of: Written) => number) => written.reduce((total, of) => total + part(of), 0);
  t.deepEqual(readers.flatMap(({ faults }) => faults).slice(0, 5), []); // prettier-ignore
  t.deepEqual(written.flatMap(({ faults }) => faults).slice(0, 5), []); // prettier-ignore
  for (const { versions } of [application, exact]) t.deepEqual([...versions], [1, 2]);
  const { events, differing } = await exact.compareAll(ids);
  t.deepEqual({ events, differing }, { events: sum(({ committed }) => committed), differing: 0 });
  const [old, deployed] = [sum(({ inline }) => inline[1] ?? 0), sum(({ inline }) => inline[2] ?? 0)];
  t.true(old > 0 && deployed > 0, `${old} commits with the first version inline, ${deployed} with the second`);
  const number = (value: number) => value.toLocaleString('en');
  const looks = readers.map((reader) => number(reader.looks)).join(' + ');
  figure(
    `read models under everything at once, ${name}`,
    `${number(events)} events of 16 writers in 4 processes with clocks up to ±10 min, rows by plain SQL among them; ${number(sum(({ held }) => held))} transactions held open, up to ${(Math.max(...written.map(({ longest }) => longest)) / 1000).toFixed(1)} s, ${number(sum(({ rolledBack }) => rolledBack))} of them rolled back; ${kills} kills of workers; a rebuild with its switch meanwhile; ${number(old)} commits inline before it and ${number(deployed)} after it found their own rows; ${looks} looks at READ COMMITTED, at one moment and by reports, each row the fold of a prefix; at the end 0 missed, 0 twice; ${Math.round((performance.now() - began) / 1000)} s`,
  );
}

/** The layouts whose rounds are full ones; in a normal test run those through a pooler have the other one. */
const LAYOUTS = isFull ? { plain: 1, partitioned: 4 } : { plain: 1 };
for (const [layout, partitions] of Object.entries(LAYOUTS)) {
  const url = useOwnDatabase(test);
  test.serial(
    `whatever writers, workers and a rebuild do at once, each row is the fold of a prefix of its history, ${layout} layout`,
    async (t) => {
      t.timeout(900_000);
      await migrated(url, partitions);
      await everythingAtOnce(t, { name: `${layout} layout`, direct: url, url }, isFull ? FULL : SHORT);
    },
  );
}

for (const [name, startPooler] of Object.entries(poolers())) {
  const direct = useOwnDatabase(test);
  test.serial(
    `${name}: whatever writers, workers and a rebuild do at once, each row is the fold of a prefix of its history, partitioned layout`,
    async (t) => {
      await migrated(direct, 4);
      const pooler = await startPooler(direct);
      t.teardown(() => pooler.close());
      const url = Object.assign(new URL(direct), { port: String(pooler.port) }).href;
      await everythingAtOnce(t, { name, direct, url }, SHORT);
    },
  );
}

async function migrated(url: string, partitions: number): Promise<void> {
  const knex = testKnex({ connection: url });
  await migrate(knex, { schema, partitions }).finally(() => knex.destroy());
}
