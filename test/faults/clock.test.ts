import test from 'ava';
import { Clock, defineAggregate, openAggregates } from '../../src/index.js';
import { useTestDatabase } from '../support/database.js';
import { anId } from '../support/data/factories.js';
import { figure, rounds } from '../support/figures.js';
import { type Child, useProcesses } from '../support/children/processes.js';

const READINGS = rounds(200_000, 1_000_000);
const PROCESSES = rounds(4, 16);
const COMMANDS = rounds(120, 2000);
const AGGREGATES = 4;
/** Largest error of a clock, in milliseconds. */
const SKEW = 2000;

const database = useTestDatabase(test);
const processes = useProcesses(test, 'evaluate-child.ts');

/** A system clock that runs, stands still, leaps and steps back by up to four minutes. */
function wildTime(): { readonly now: () => number; readonly backSteps: () => number; readonly freezes: () => number } {
  let [time, wrong, frozen, backSteps, freezes] = [Date.UTC(2026, 0, 1, 12), 0, 0, 0, 0];
  return {
    now: () => {
      const dice = Math.random();
      if (frozen > 0) {
        frozen -= 1;
        return time + wrong;
      }
      if (dice < 0.0001) {
        frozen = Math.floor(Math.random() * 3000);
        freezes += 1;
      } else if (dice < 0.001) {
        const before = wrong;
        wrong = -Math.floor(Math.random() * 240_000);
        if (wrong < before) backSteps += 1;
      } else if (dice < 0.05) time += 1;
      return time + wrong;
    },
    backSteps: () => backSteps,
    freezes: () => freezes,
  };
}

test('readings strictly increase while the system clock runs, stands still and steps back, and over restarts', (t) => {
  const wild = wildTime();
  let clock = new Clock({ physicalTime: wild.now });
  let last = clock.now();
  let [wrong, restarts] = [0, 0];
  for (let count = 1; count < READINGS; count += 1) {
    let next;
    if (Math.random() < 0.0005) {
      // As a writer does that begins anew: it takes note of what is stored.
      clock = new Clock({ physicalTime: wild.now });
      next = clock.observe(last);
      restarts += 1;
    } else next = clock.now();
    if (next.compare(last) <= 0 || next.hex <= last.hex) wrong += 1;
    last = next;
  }
  t.is(wrong, 0);
  t.true(restarts > 50 && wild.backSteps() > 50 && wild.freezes() > 5);
  figure(
    'clock readings',
    `${READINGS} through ${wild.backSteps()} backward steps, ${wild.freezes()} freezes, ${restarts} restarts: ${wrong} not later than the one before`,
  );
});

/** The aggregate of the children, as another program reads it. */
const Counter = defineAggregate({
  name: 'counter',
  initialState: () => ({ count: 0 }),
  commands: {},
  events: { counted: ({ count }) => ({ count: count + 1 }) },
});

/** Hands a process one line after the other as long as there are any; gives what it answered. */
async function work(child: Child, nextLine: () => string | undefined): Promise<string[]> {
  const answers: string[] = [];
  for (let line = nextLine(); line !== undefined; line = nextLine()) {
    child.tell(line);
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

test('processes with skewed clocks on shared aggregates: each command took effect exactly once, times as the sequences', async (t) => {
  const ids = Array.from({ length: AGGREGATES }, () => anId());
  const commands = Array.from({ length: COMMANDS }, (_, n) => `${ids[n % AGGREGATES]?.hex} token-${n}`);
  const left = [...commands];
  const answers: string[] = [];
  let [decisions, first] = [0, 0];
  // Those of the second half begin anew, and each clock is wrong the other way.
  for (const half of [1, -1]) {
    const children = Array.from({ length: PROCESSES }, (_, index) => {
      const skew = half * Math.round(-SKEW + (index * 2 * SKEW) / (PROCESSES - 1));
      return processes.start(database.url, database.schema, ids.map(({ hex }) => hex).join(','), String(skew));
    });
    for (const child of children) t.is(await child.line(), 'ready');
    const stop = half === 1 ? COMMANDS / 2 : 0;
    const answered = await Promise.all(
      children.map((child) => work(child, () => (left.length > stop ? left.shift() : undefined))),
    );
    answers.push(...answered.flat());
    if (half === 1) first = answered.filter((all) => all.length > 0).length;
    for (const child of children) decisions += await lastWord(child);
  }

  let inversions = 0;
  const truth: string[] = [];
  const counters = openAggregates(Counter, { store: database.store() });
  for (const id of ids) {
    const events = await database.store().getEvents(id, 1);
    for (const [index, { sequence, timestamp, body }] of events.entries()) {
      const before = events[index - 1]?.timestamp;
      if (sequence !== index + 1 || (before !== undefined && timestamp.compare(before) <= 0)) inversions += 1;
      truth.push(`${id.hex} ${index + 1} ${index + 1} ${body['token'] as string}`);
    }
    t.deepEqual(await counters.fetch(id), { count: COMMANDS / AGGREGATES });
  }
  t.is(inversions, 0);
  const asked = (line: string) => line.replace(/ \d+ \d+ /, ' ');
  t.deepEqual(truth.map(asked).sort(), [...commands].sort(), 'every token once');
  t.deepEqual(answers.sort(), truth.sort(), 'each process was told the truth');
  t.true(decisions >= COMMANDS + first - AGGREGATES, 'they set out from empty histories, so most had to decide again');
  const shown = `${PROCESSES} processes, ±${SKEW / 1000} s, ${COMMANDS} commands on ${AGGREGATES} aggregates (${decisions} decisions): ${inversions} inversions, 0 lost, 0 twice`;
  figure('sequence and time within an aggregate', shown);
  t.log(shown);
});
