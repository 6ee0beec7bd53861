import test from 'ava';
import { defineAggregate, openAggregates } from '../../src/index.js';
import { useTestDatabase } from '../support/database.js';
import { anId } from '../support/factories.js';
import { type Child, useProcesses } from '../support/processes.js';

const PROCESSES = 16;
const COMMANDS = 1000;

const database = useTestDatabase(test);
const processes = useProcesses(test, 'evaluate-child.ts');

/** What the children count, as another program reads it. */
const Counter = defineAggregate({
  name: 'counter',
  initialState: () => ({ count: 0 }),
  commands: {},
  events: { counted: ({ count }) => ({ count: count + 1 }) },
});

/** Hands a process one token after the other as long as there are any; gives what it answered. */
async function work(child: Child, nextToken: () => string | undefined): Promise<string[]> {
  const answers: string[] = [];
  for (let token = nextToken(); token !== undefined; token = nextToken()) {
    child.tell(token);
    answers.push((await child.line()) ?? 'the process ended');
  }
  return answers;
}

async function lastWord(child: Child): Promise<number> {
  child.tell('end');
  const decisions = Number.parseInt((await child.line()) ?? '', 10);
  await child.ended();
  return decisions;
}

test('16 processes with skewed clocks, 1,000 commands on one aggregate: each took effect exactly once', async (t) => {
  const id = anId();
  const children = Array.from({ length: PROCESSES }, (_, index) => {
    const skew = -2000 + Math.round((index * 4000) / (PROCESSES - 1));
    return processes.start(database.url, database.schema, id.hex, String(skew));
  });
  for (const child of children) t.is(await child.line(), 'ready');
  const tokens = Array.from({ length: COMMANDS }, (_, index) => `token-${index}`);
  const left = [...tokens];

  const answers = (await Promise.all(children.map((child) => work(child, () => left.shift())))).flat();
  const decisions = await Promise.all(children.map(lastWord));

  const events = await database.store().getEvents(id, 1);
  const sequences = events.map(({ sequence }) => sequence);
  t.deepEqual(
    sequences,
    Array.from({ length: COMMANDS }, (_, index) => index + 1),
  );
  const counted = events.map(({ body }) => body['token'] as string);
  t.deepEqual([...counted].sort(), tokens.sort(), 'every token once');
  t.deepEqual(
    answers.sort(),
    counted.map((token, index) => `${index + 1} ${index + 1} ${token}`).sort(),
    'each process was told the truth',
  );
  const times = events.map(({ timestamp }) => timestamp.hex);
  t.deepEqual(times, [...new Set(times)].sort(), 'times strictly increase with the sequence');
  t.deepEqual(await openAggregates(Counter, { store: database.store() }).fetch(id), { count: COMMANDS });
  t.is(new Set(events.map(({ timestamp }) => timestamp.nodeId)).size, PROCESSES);
  const total = decisions.reduce((sum, count) => sum + count, 0);
  t.true(total >= COMMANDS + PROCESSES - 1, 'all of them set out from an empty history, so only one needed no retry');
  t.log(`${COMMANDS} commands took ${total} decisions`);
});
