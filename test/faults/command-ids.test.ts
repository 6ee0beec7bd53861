import { setTimeout as delay } from 'node:timers/promises';
import test from 'ava';
import { Clock, OutcomeUnknownError, openAggregates } from '../../src/index.js';
import type { Timestamp } from '../../src/hlc/timestamp.js';
import { useProcesses } from '../support/children/processes.js';
import { anId } from '../support/data/factories.js';
import { Ledger } from '../support/data/ledger.js';
import { testUrl, useTestDatabase } from '../support/database.js';
import { figure, rounds } from '../support/figures.js';
import type { Break } from '../support/servers/fault-proxy.js';
import { throughProxy } from '../support/servers/through-proxy.js';

const layouts = { plain: useTestDatabase(test), partitioned: useTestDatabase(test, { partitions: 4 }) };
const processes = useProcesses(test, 'command-child.ts');
const PROCESSES = 4;
const CALLERS = 32;

for (const [layout, database] of Object.entries(layouts)) {
  const { schema } = database;
  const ledgers = () => openAggregates(Ledger, { store: database.store(), clock: new Clock() });
  const enter = (token: string) => ({ type: 'enter', data: { token } }) as const;
  const tokensOf = async (id: Timestamp) => (await database.store().getEvents(id, 1)).map(({ body }) => body['token']);
  const children = () => Array.from({ length: PROCESSES }, () => processes.start(testUrl(), schema));

  test.serial(`one command from many callers in many processes is carried out once, ${layout} layout`, async (t) => {
    t.timeout(600_000);
    const callers = children();
    for (const caller of callers) t.is(await caller.line(), 'ready');
    const repeats = rounds(5, 100);
    const id = anId();
    let equal = 0;
    for (let repeat = 0; repeat < repeats; repeat += 1) {
      // A new aggregate now and then; else after all that the others have entered.
      const on = repeat % 3 === 0 ? anId() : id;
      const command = `${on.hex} command-${repeat} token-${repeat}`;
      const each = CALLERS / PROCESSES;
      for (let count = 0; count < each; count += 1) for (const caller of callers) caller.tell(command);
      const answers = await Promise.all(
        callers.flatMap((caller) => Array.from({ length: each }, async () => (await caller.line())?.split(' ') ?? [])),
      );
      t.is(answers.filter((answer) => answer.at(-1) === 'false').length, 1, 'one of them was the first');
      t.is(new Set(answers.map((answer) => answer.slice(0, -1).join(' '))).size, 1, 'all have the same answer');
      const tokens = await tokensOf(on);
      t.is(tokens.filter((token) => token === `token-${repeat}`).length, 2);
      equal += answers.length;
    }
    for (const caller of callers) caller.tell('end');
    for (const caller of callers) await caller.ended();
    figure(
      `a command id at the same moment, ${layout}`,
      `${repeats} commands, each from ${CALLERS} callers in ${PROCESSES} processes: ${repeats} commits, ${equal} equal answers`,
    );
  });

  test.serial(
    `a process that is killed at any moment leaves a command done or not, and its repeat is right, ${layout} layout`,
    async (t) => {
      t.timeout(600_000);
      const repeats = rounds(4, 150);
      let [done, answered] = [0, 0];
      for (let repeat = 0; repeat < repeats; repeat += 1) {
        const id = anId();
        const caller = processes.start(testUrl(), schema);
        t.is(await caller.line(), 'ready');
        const answer = caller.line().catch(() => undefined);
        caller.tell(`${id.hex} a first`);
        await delay(Math.random() * 40);
        await caller.kill();
        if ((await answer) !== undefined) answered += 1;
        const result = await ledgers().evaluate(id, enter('first'), { commandId: 'a' });
        t.like(result, { ok: true, value: { sequence: 2, state: { entries: 1 } } });
        if (result.ok && result.value.repeated) done += 1;
        t.true(!(await answer) || (result.ok && result.value.repeated), 'an answer that was given is given again');
        t.deepEqual(await tokensOf(id), ['first', 'first']);
      }
      figure(
        `killed between command and answer, ${layout}`,
        `${repeats} kills: ${done} had been carried out (${answered} answered), ${repeats - done} not; ${repeats} repeats, each carried out once`,
      );
    },
  );

  test.serial(
    `whichever way a connection breaks, a repeated command is carried out once, ${layout} layout`,
    async (t) => {
      t.timeout(600_000);
      const told: Record<string, number> = { 'told of the first time': 0, 'told that it is unknown': 0 };
      const repeats = rounds(1, 10);
      let breaks = 0;
      for (const forGood of [false, true]) {
        const { proxy, store } = await throughProxy(t, { schema, recoveryTimeout: forGood ? 100 : 10_000 });
        const mine = openAggregates(Ledger, { store, clock: new Clock() });
        for (let repeat = 0; repeat < repeats; repeat += 1)
          for (const side of ['reply', 'sent', 'fatal', 'late', 'request'] satisfies Break[])
            for (const token of [`token-${anId().hex}`, 'none']) {
              const id = anId();
              await mine.fetch(id);
              const commandId = `id-${id.hex}`;
              proxy.breakAt(token === 'none' ? commandId : token, side, { forGood });
              const first = await mine.evaluate(id, enter(token), { commandId }).catch((error: unknown) => error);
              proxy.mend();
              breaks += 1;
              t.is(proxy.broken, breaks, 'each broke one connection');
              if (first instanceof Error) {
                t.true(first instanceof OutcomeUnknownError, String(first));
                t.true(forGood);
                told['told that it is unknown'] = (told['told that it is unknown'] ?? 0) + 1;
              } else told['told of the first time'] = (told['told of the first time'] ?? 0) + 1;
              // At the same moment from where it was sent and from another process.
              const [again, other] = await Promise.all(
                [mine, ledgers()].map((each) => each.evaluate(id, enter(token), { commandId })),
              );
              const value = (result: typeof again) => (result?.ok ? { ...result.value, repeated: true } : result);
              t.deepEqual(value(again), value(other));
              if (!(first instanceof Error)) t.deepEqual(value(again), value(first as typeof again));
              t.deepEqual(await tokensOf(id), token === 'none' ? [] : [token, token]);
            }
        breaks = 0;
      }
      t.true((told['told that it is unknown'] ?? 0) > 0);
      figure(
        `connection broken during a command with an id, ${layout}`,
        `${repeats * 20} breaks: ${Object.entries(told)
          .map(([what, count]) => `${count} ${what}`)
          .join(', ')}; ${repeats * 20} repeats from two processes, each carried out once with equal answers`,
      );
    },
  );
}
