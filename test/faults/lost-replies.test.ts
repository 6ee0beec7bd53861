import test from 'ava';
import type { NewEvent } from '../../src/events.js';
import { ConnectionLostError, DatabaseUnreachableError, OutcomeUnknownError } from '../../src/store/errors.js';
import { type PostgresStore } from '../../src/store/postgres-store.js';
import type { CommitResult, Projection } from '../../src/store/store.js';
import { isOnCluster, useTestDatabase } from '../support/database.js';
import { aHistory, anEvent, anId } from '../support/data/factories.js';
import type { Break, FaultProxy } from '../support/servers/fault-proxy.js';
import { throughProxy } from '../support/servers/through-proxy.js';
import { figure, rounds } from '../support/figures.js';

const layouts = { plain: useTestDatabase(test), partitioned: useTestDatabase(test, { partitions: 4 }) };
const database = layouts.plain;

for (const { knex, schema } of Object.values(layouts))
  test.serial.before(async () => {
    await knex.raw(`CREATE TABLE "${schema}".read_model (token text)`);
  });

const tokenOf = ({ timestamp }: NewEvent) => `t${timestamp.hex}`;
const tokenEvent = (id = anId(), changes: Partial<NewEvent> = {}) => {
  const event = anEvent(id, changes);
  return { ...event, body: { token: tokenOf(event) } };
};
const tokenHistory = (length: number, id = anId()) =>
  Array.from({ length }, (_, index) => tokenEvent(id, { sequence: index + 1 }));

/** One commit and what became of it, as its caller was told. */
interface Told {
  readonly what: string;
  readonly events: readonly NewEvent[];
  readonly projected: boolean;
  /** True when the caller could reach the server again. */
  readonly reachable: boolean;
  readonly answer: CommitResult | Error;
}

interface Setting {
  readonly proxy: FaultProxy;
  readonly store: PostgresStore;
  /** A store whose connections do not break. */
  readonly direct: PostgresStore;
  readonly projection: Projection;
  readonly told: Told[];
}

/** Commits, and notes what the caller is told. */
async function commit(
  { told, projection }: Setting,
  store: PostgresStore,
  what: string,
  events: readonly NewEvent[],
  { projected = false, reachable = true } = {},
): Promise<void> {
  const answer = await store.commitAll(events, projected ? [projection] : []).catch((error: Error) => error);
  told.push({ what, events, projected, reachable, answer });
}

/** One way to commit, each with a connection that breaks in the course of it. */
const INJECTIONS: Record<string, (setting: Setting, side: Break, options: { forGood?: boolean }) => Promise<void>> = {
  'one event': async (setting, side, { forGood = false }) => {
    const events = tokenHistory(1);
    setting.proxy.breakAt(String(events[0]?.body.token), side, { forGood });
    await commit(setting, setting.store, 'one event', events, { reachable: !forGood });
  },
  'several events of two aggregates': async (setting, side, { forGood = false }) => {
    const events = [...tokenHistory(3), ...tokenHistory(2)];
    setting.proxy.breakAt(String(events[1]?.body.token), side, { forGood });
    await commit(setting, setting.store, 'several events', events, { reachable: !forGood });
  },
  'with a projection': async (setting, side, { forGood = false }) => {
    setting.proxy.breakAt('COMMIT', side, { forGood });
    await commit(setting, setting.store, 'with a projection', tokenHistory(2), {
      projected: true,
      reachable: !forGood,
    });
  },
  'with a projection, broken at its insert': async (setting, side, { forGood = false }) => {
    const events = tokenHistory(2);
    setting.proxy.breakAt(String(events[0]?.body.token), side, { forGood });
    await commit(setting, setting.store, 'with a projection', events, { projected: true, reachable: !forGood });
  },
  'with a rival for its sequence': async (setting, side, { forGood = false }) => {
    const event = tokenEvent();
    const rival = tokenEvent(event.aggregateId);
    let rivalry: Promise<void> | undefined;
    const onBreak = () => {
      rivalry = commit(setting, setting.direct, 'the rival', [rival]);
    };
    setting.proxy.breakAt(event.body.token, side, { forGood, onBreak });
    await commit(setting, setting.store, 'with a rival', [event], { reachable: !forGood });
    await rivalry;
  },
  'with a projection and a rival': async (setting, side, { forGood = false }) => {
    const event = tokenEvent();
    const rival = tokenEvent(event.aggregateId);
    let rivalry: Promise<void> | undefined;
    const onBreak = () => {
      rivalry = commit(setting, setting.direct, 'the rival', [rival], { projected: true });
    };
    setting.proxy.breakAt('COMMIT', side, { forGood, onBreak });
    await commit(setting, setting.store, 'with a rival', [event], { projected: true, reachable: !forGood });
    await rivalry;
  },
  'a group': async (setting, side, { forGood = false }) => {
    await setting.store.getEvents(anId(), 1);
    const members = Array.from({ length: 8 }, (_, index) => tokenHistory((index % 3) + 1));
    setting.proxy.breakAt(String(members[4]?.[0]?.body.token), side, { forGood });
    // The first goes alone, the others together after it.
    await Promise.all(
      [tokenHistory(1), ...members].map((events) =>
        commit(setting, setting.store, 'one of a group', events, { reachable: !forGood }),
      ),
    );
  },
  'a group with a conflict and a rival': async (setting, side, { forGood = false }) => {
    const stored = tokenEvent();
    await commit(setting, setting.direct, 'stored before', [stored]);
    const members = [
      ...Array.from({ length: 6 }, () => tokenHistory(1)),
      [tokenEvent(), tokenEvent(stored.aggregateId)],
    ];
    const contested = members[2]?.[0] ?? tokenEvent();
    let rivalry: Promise<void> | undefined;
    const onBreak = () => {
      rivalry = commit(setting, setting.direct, 'the rival', [tokenEvent(contested.aggregateId)]);
    };
    setting.proxy.breakAt(tokenOf(contested), side, { forGood, onBreak });
    await Promise.all(
      [tokenHistory(1), ...members].map((events) =>
        commit(setting, setting.store, 'one of a group', events, { reachable: !forGood }),
      ),
    );
    await rivalry;
  },
};

const SIDES: Break[] = ['reply', 'sent', 'fatal', 'late', 'request'];

/** Differences between the log and the answers to the callers, when all is over, and the counts of the answers. */
async function judge(told: readonly Told[], { schema, knex }: typeof database) {
  const { rows: log } = await knex.raw(`SELECT body ->> 'token' AS token FROM "${schema}".event_log`);
  const { rows: model } = await knex.raw(`SELECT token FROM "${schema}".read_model`);
  const counted = (rows: readonly { token: string }[]) => {
    const counts = new Map<string, number>();
    for (const { token } of rows) counts.set(token, (counts.get(token) ?? 0) + 1);
    return counts;
  };
  const [events, projected] = [counted(log), counted(model)];
  const stored = told.flatMap((one) => one.events.filter((event) => events.has(tokenOf(event))));
  const taken = new Set(stored.map(placeOf));
  const lies: string[] = [];
  const answers: Record<string, number> = { committed: 0, conflict: 0, 'not committed': 0, unknown: 0 };
  for (const one of told) {
    const { what, answer } = one;
    const found = one.events.filter((event) => events.get(tokenOf(event)) === 1).length;
    const lie = (message: string) =>
      lies.push(`${what}: ${message} (${String(answer instanceof Error ? answer : answer.ok)})`);
    if (one.events.some((event) => (events.get(tokenOf(event)) ?? 0) > 1)) lie('stored twice');
    if (found > 0 && found < one.events.length) lie('stored in part');
    for (const event of one.events) {
      const rows = projected.get(tokenOf(event)) ?? 0;
      if (rows !== (one.projected && found > 0 ? 1 : 0)) lie(`${rows} rows in the read model`);
    }
    if (!(answer instanceof Error)) {
      answers[answer.ok ? 'committed' : 'conflict'] = (answers[answer.ok ? 'committed' : 'conflict'] ?? 0) + 1;
      if (answer.ok && found === 0) lie('lost');
      if (answer.ok && JSON.stringify(answer.value) !== JSON.stringify(bySequence(one.events))) lie('told of others');
      if (!answer.ok && found > 0) lie('a conflict, but stored');
      if (!answer.ok && !one.events.some((event) => taken.has(placeOf(event)))) lie('a conflict with nobody');
    } else if (answer instanceof OutcomeUnknownError) {
      answers['unknown'] = (answers['unknown'] ?? 0) + 1;
      if (one.reachable) lie('unknown, though the server could be reached');
    } else {
      answers['not committed'] = (answers['not committed'] ?? 0) + 1;
      if (found > 0) lie('not committed, but stored');
      // Where each aggregate has a queue of its own, a commit may not have had a connection yet when none can be made any more.
      const isUnsent = answer instanceof DatabaseUnreachableError && !one.reachable;
      if (!(answer instanceof ConnectionLostError || isUnsent)) lie('another error');
      if (!one.projected && !isUnsent) lie('not tried again');
    }
  }
  return { lies, answers };
}

/** Fills the read model of {@link judge}. */
function projectionInto(schema: string): Projection {
  return async ({ body }, transaction) => {
    await transaction(`${schema}.read_model`).insert({ token: body['token'] });
  };
}

const placeOf = ({ aggregateId, sequence }: NewEvent) => `${aggregateId.hex} ${sequence}`;
const bySequence = (events: readonly NewEvent[]) => [...events].sort((a, b) => a.sequence - b.sequence);

for (const [layout, database] of Object.entries(layouts))
  test.serial(
    `whichever way a connection breaks during a commit, its caller is told the truth, ${layout} layout`,
    async (t) => {
      t.timeout(600_000);
      const { schema } = database;
      const { proxy, store } = await throughProxy(t, { schema });
      const projection = projectionInto(schema);
      const told: Told[] = [];
      const setting: Setting = { proxy, store, direct: database.store(), projection, told };

      const repeats = rounds(1, 5);
      let injections = 0;
      for (let repeat = 0; repeat < repeats; repeat += 1)
        for (const inject of Object.values(INJECTIONS))
          for (const side of SIDES) {
            injections += 1;
            await inject(setting, side, {});
            t.is(proxy.broken, injections, 'each broke one connection');
          }
      await proxy.delivered();

      const { lies, answers } = await judge(told, database);
      t.deepEqual(lies, []);
      t.is(answers['unknown'], 0);
      t.true(told.length > injections);
      figure(
        `connection broken during a commit, ${layout}`,
        `${injections} injections, ${told.length} answers: ${Object.entries(answers)
          .map(([answer, count]) => `${count} ${answer}`)
          .join(', ')}; ${lies.length} untrue`,
      );
    },
  );

test.serial(
  'while nothing can be reached the outcome is unknown, and what was sent is stored once or not at all',
  async (t) => {
    t.timeout(600_000);
    const { schema } = database;
    const { proxy, store } = await throughProxy(t, { schema, recoveryTimeout: 100 });
    const told: Told[] = [];
    const setting = { proxy, store, direct: database.store(), projection: projectionInto(schema), told };
    const repeats = rounds(1, 3);
    for (let repeat = 0; repeat < repeats; repeat += 1)
      for (const inject of Object.values(INJECTIONS))
        for (const side of ['request', 'reply'] as const) {
          await inject(setting, side, { forGood: true });
          proxy.mend();
          // The very store that could reach nothing goes on.
          await commit(setting, store, 'afterwards', [tokenEvent()]);
        }

    const { lies, answers } = await judge(told, database);
    t.deepEqual(lies, []);
    t.true((answers['unknown'] ?? 0) > 0);
    figure(
      'connection broken during a commit, and the server out of reach',
      `${proxy.broken} injections: ${answers['unknown']} unknown, ${answers['not committed']} not committed; ` +
        `${lies.length} untrue, ${answers['committed']} committed before and after`,
    );
  },
);

for (const side of SIDES)
  test(`a snapshot whose connection breaks (${side}) is stored, and says so`, async (t) => {
    const { proxy, store } = await throughProxy(t, { schema: database.schema });
    const snapshot = { aggregateId: anId(), sequence: 3, body: { at: 3 } };
    proxy.breakAt('INSERT', side);

    t.is(await store.commitSnapshot(snapshot), 'committed');
    await proxy.delivered();

    t.is(proxy.broken, 1);
    t.deepEqual(await database.store().getSnapshot(snapshot.aggregateId, 1), snapshot);
  });

for (const side of SIDES)
  test(`a read whose connection breaks (${side}) is made once more`, async (t) => {
    const { proxy, store } = await throughProxy(t, { schema: database.schema });
    const history = aHistory(anId(), 3);
    await database.store().commitEvents(history);
    proxy.breakAt('SELECT', side);
    t.deepEqual(await store.getEvents(history[0]?.aggregateId ?? anId(), 1), history);
    t.is(proxy.broken, 1);
  });

for (const at of ['INSERT', 'COMMIT'] as const)
  test(`when no connection comes back after ${at}, the outcome is unknown and the events are named`, async (t) => {
    const { proxy, store } = await throughProxy(t, { schema: database.schema, recoveryTimeout: 300 });
    const event = anEvent();
    proxy.breakAt(at, 'reply', { forGood: true });

    const projections = at === 'COMMIT' ? [() => {}] : [];
    const error = await t.throwsAsync(store.commitAll([event], projections), { instanceOf: OutcomeUnknownError });

    t.deepEqual(error.events[0]?.timestamp, event.timestamp.toString());
    t.true(error.hint?.includes(event.timestamp.toString()));
  });

test('each of a group is told of its own events when the outcome is unknown', async (t) => {
  const { proxy, store } = await throughProxy(t, { schema: database.schema, recoveryTimeout: 100 });
  await store.getEvents(anId(), 1);
  const commits = Array.from({ length: 6 }, () => [tokenEvent()]);
  proxy.breakAt(tokenOf(commits[3]?.[0] ?? anEvent()), 'reply', { forGood: true });
  const results = await Promise.allSettled(commits.map((events) => store.commitEvents(events)));
  for (const [index, result] of results.entries()) {
    if (result.status === 'fulfilled' || result.reason instanceof DatabaseUnreachableError) continue;
    t.true(result.reason instanceof OutcomeUnknownError);
    const named = (result.reason as OutcomeUnknownError).events.map(({ timestamp }) => timestamp);
    t.deepEqual(named, [commits[index]?.[0]?.timestamp.toString()]);
  }
  // On a cluster each has a queue of its own, and another connection that is still there may tell the outcome.
  t.true(isOnCluster() || results[3]?.status === 'rejected');
});

test('a commit that was never sent, because nothing can be reached, is not an unknown outcome', async (t) => {
  const { proxy, store } = await throughProxy(t, { schema: database.schema, recoveryTimeout: 300 });
  await proxy.close();
  await t.throwsAsync(store.commitEvents([anEvent()]), { code: 'MAESTRO_UNREACHABLE' });
});

test('a broken commit with projections runs them once', async (t) => {
  for (const side of SIDES) {
    const { proxy, store } = await throughProxy(t, { schema: database.schema });
    let runs = 0;
    proxy.breakAt('COMMIT', side);
    const counting: Projection = () => {
      runs += 1;
    };
    await store.commitAll(aHistory(anId(), 1), [counting]).catch(() => {});
    t.is(runs, 1);
    t.is(proxy.broken, 1);
  }
});
