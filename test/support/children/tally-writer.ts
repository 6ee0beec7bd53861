import { argv, exit, stdin } from 'node:process';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import knexFactory, { type Knex } from 'knex';
import { appendEvents, Clock, openAggregates, PostgresStore, Timestamp } from '../../../src/index.js';
import { liveVersion, Tally, tallies, tallyRows, type Written } from '../data/tallies.js';

/**
 * Four writers in one process, whose clock is wrong by some minutes. Each writes to aggregates at random until it is told to `end`:
 * by commands with the read model inline, by appending without it, in transactions of the application that stay open for a
 * while, of which some have the read model inline and some are rolled back, and by plain SQL as Elixir would. `hold 100` and `rest 100`
 * say for how many milliseconds a transaction stays open, and a writer pauses between two commits, at most; `version 2` deploys other code; `write 100` is answered when so many more events are committed. Prints at the end what it has done.
 */

const [, , url = '', schema = '', minutes = '0', ids = ''] = argv;
const aggregates = ids.split(',').map((hex) => Timestamp.parse(hex));
const knex = knexFactory({ client: 'pg', connection: url, pool: { min: 0, max: 5 } });
const store = new PostgresStore(knex, { schema });
const physicalTime = () => Date.now() + Number(minutes) * 60_000;
const maxDrift = 60 * 60_000;
const clock = new Clock({ physicalTime, maxDrift });
const codeOf = (version: number) => ({
  version,
  accounts: openAggregates(Tally, { store, clock, projections: [tallies(version)], maxAttempts: 10_000 }),
});

let code = codeOf(1);
/** Most events that a commit takes in before its own. */
const MOST_MISSING = 100;
let isOver = false;
let [hold, rest] = [0, 0];
const goals: number[] = [];
const written: Written = { committed: 0, inline: {}, held: 0, rolledBack: 0, longest: 0, faults: [] };
const anyId = () => aggregates[Math.floor(Math.random() * aggregates.length)] ?? clock.now();
const tokens = () =>
  Array.from({ length: 1 + Math.floor(Math.random() * 4) }, () => Math.random().toString(36).slice(2));
const drafts = (all: readonly string[]) => all.map((token) => ({ type: 'counted', body: { token } }));

/** Evaluates a command, and looks for its own rows where the read model in use is that of this code. */
async function evaluate(all: readonly string[], transaction?: Knex.Transaction): Promise<boolean> {
  const { version, accounts } = code;
  const id = anyId();
  const on = transaction ?? knex;
  const before = await liveVersion(on, schema);
  const result = await accounts.evaluate(id, { type: 'count', data: { tokens: all } }, { transaction });
  if (!result.ok) return false;
  if (before !== version) return true;
  const [row] = await tallyRows(on, [id.hex]);
  if ((await liveVersion(on, schema)) !== version) return true;
  const missing = result.value.sequence - (row?.last ?? 0);
  // So far behind that a commit leaves it to workers, of which this version may have none any more.
  if (missing > MOST_MISSING) return true;
  written.inline[version] = (written.inline[version] ?? 0) + 1;
  if (missing > 0 || row?.version !== version)
    written.faults.push(`${id.hex}: ${result.value.sequence} is not in ${JSON.stringify(row)}`);
  return true;
}

/** Writes in a transaction of the application that stays open for a while: one in three with the read model inline. */
async function holding(all: readonly string[]): Promise<boolean> {
  const transaction = await knex.transaction();
  try {
    const began = performance.now();
    if (Math.random() < 1 / 3) await evaluate(all, transaction);
    else await appendEvents(store, clock, anyId(), drafts(all), { transaction });
    await delay(Math.random() * hold);
    written.held += 1;
    written.longest = Math.max(written.longest, performance.now() - began);
    if (Math.random() < 1 / 8) {
      written.rolledBack += 1;
      await transaction.rollback();
      return false;
    }
    await transaction.commit();
    return true;
  } catch (error) {
    await transaction.rollback();
    throw error;
  }
}

async function insert(all: readonly string[]): Promise<boolean> {
  const id = anyId();
  const { rows } = await knex.raw(
    `SELECT coalesce(max(sequence), 0) AS last FROM "${schema}".event_log WHERE aggregate_id = ?`,
    [id.encode()],
  );
  // The last one first, as Elixir does: in another order, those who write the same ones would end in a deadlock.
  const values = all
    .map((token, index) => [
      clock.now().encode(),
      id.encode(),
      Number(rows[0].last) + index + 1,
      JSON.stringify({ token }),
    ])
    .reverse();
  try {
    await knex.raw(
      `INSERT INTO "${schema}".event_log ("timestamp", aggregate_id, sequence, type, body) VALUES ${values
        .map(() => `(?, ?, ?, 'counted', ?)`)
        .join(', ')}`,
      values.flat() as never,
    );
    return true;
  } catch (error) {
    // Another writer was faster.
    if ((error as { code?: string }).code === '23505') return false;
    throw error;
  }
}

const WRITERS: readonly ((all: readonly string[]) => Promise<boolean>)[] = [
  (all) => evaluate(all),
  async (all) => (await appendEvents(store, clock, anyId(), drafts(all))).length > 0,
  holding,
  insert,
];

createInterface({ input: stdin }).on('line', (line) => {
  const [word, number] = line.split(' ');
  if (word === 'version') code = codeOf(Number(number));
  if (word === 'hold') hold = Number(number);
  if (word === 'rest') rest = Number(number);
  if (word === 'write') goals.push(written.committed + Number(number));
  if (word === 'end') isOver = true;
});
await Promise.all(
  WRITERS.map(async (write) => {
    while (!isOver) {
      await delay(Math.random() * rest);
      const all = tokens();
      if (!(await write(all))) continue;
      written.committed += all.length;
      for (let goal = goals[0]; goal !== undefined && goal <= written.committed; [goal] = goals) {
        console.log('written');
        goals.shift();
      }
    }
  }),
);
await knex.destroy();
console.log(JSON.stringify(written));
exit(0);
