import { Clock, MAX_SEQUENCE, type Timestamp } from '../../dist/src/index.js';
import { bodyAt } from '../contenders/contender.js';
import type { Maestro } from '../contenders/maestro.js';
import type { RawPg } from '../contenders/raw-pg.js';
import { increment, openCounters } from '../counter.js';
import type { Workload } from '../measure.js';
import { assertDone, concurrently, counting, sequentially } from '../operations.js';

const CALLERS = 16;
/** Number of events that are hydrated. */
const HISTORY = 2000;
const clock = new Clock();

/** E1: commands on one aggregate, one after the other, beside the insert alone. */
export function sequentialCommands({ store }: Maestro, raw: RawPg, count = 5000): Workload {
  return {
    id: 'E1 sequential',
    title: 'evaluate on one aggregate, one after the other, beside the insert alone',
    unit: 'commands/s',
    goal: 0.785,
    contenders: {
      maestro: async () => {
        const counters = openCounters(store);
        const id = counters.create();
        return await sequentially(count, (index) => counters.evaluate(id, increment(index)));
      },
      'raw pg': async () => {
        const id = clock.now();
        return await sequentially(count, async (index) => assertDone(await raw.commit(id, index + 1, 1)));
      },
    },
  };
}

/** E1: commands of sixteen callers at once, each on an aggregate of its own. */
export function parallelCommands({ store }: Maestro, raw: RawPg, count = 300): Workload {
  const ids = () => Array.from({ length: CALLERS }, () => clock.now());
  return {
    id: 'E1 parallel',
    title: `evaluate of ${CALLERS} callers, each on its own aggregate, beside the insert alone`,
    unit: 'commands/s',
    contenders: {
      maestro: async () => {
        const counters = openCounters(store);
        const all = ids();
        return await concurrently(CALLERS, count, (caller, index) =>
          counters.evaluate(all[caller] ?? clock.now(), increment(index)),
        );
      },
      'raw pg': async () => {
        const all = ids();
        return await concurrently(CALLERS, count, async (caller, index) =>
          assertDone(await raw.commit(all[caller] ?? clock.now(), index + 1, 1)),
        );
      },
    },
  };
}

/** E2: commands with ids, beside the same commands without, and beside `pg` that inserts both rows in one statement. */
export function commandsWithIds({ store }: Maestro, raw: RawPg, schema: string, isParallel: boolean): Workload {
  const [callers, count] = isParallel ? [CALLERS, 300] : [1, 5000];
  const evaluate = (withId: boolean) => async () => {
    const counters = openCounters(store);
    const all = Array.from({ length: callers }, () => counters.create());
    return await concurrently(callers, count, (caller, index) => {
      const id = all[caller] ?? clock.now();
      const commandId = withId ? `${id.hex}-${index}` : undefined;
      return counters.evaluate(id, increment(index), { commandId });
    });
  };
  return {
    id: isParallel ? 'E2 parallel' : 'E2 sequential',
    title: `evaluate with commandId, ${isParallel ? `${CALLERS} callers, each on its own aggregate` : 'one after the other on one aggregate'}, beside without`,
    unit: 'commands/s',
    floors: ['without ids'],
    goal: isParallel ? 0.7 : 0.8,
    contenders: {
      maestro: evaluate(true),
      'without ids': evaluate(false),
      'raw pg': async () => {
        const all = Array.from({ length: callers }, () => clock.now());
        return await concurrently(callers, count, (caller, index) =>
          insertBoth(raw, schema, all[caller] ?? clock.now(), index + 1),
        );
      },
    },
  };
}

const DIGEST = Buffer.alloc(32, 7);

/** Inserts an event and the command that it belongs to, in one statement. */
async function insertBoth({ pool }: RawPg, schema: string, id: Timestamp, sequence: number): Promise<void> {
  const key = id.encode();
  await pool.query({
    name: 'insert both',
    text: `WITH command AS (INSERT INTO "${schema}".maestro_commands (aggregate_id, command_id, digest, first_sequence, last_sequence)
VALUES ($1, $2, $3, $4, $4)) INSERT INTO "${schema}".event_log ("timestamp", aggregate_id, sequence, type, body) VALUES ($5, $1, $4, $6, $7)`,
    values: [
      key,
      `${id.hex}-${sequence}`,
      DIGEST,
      sequence,
      clock.now().encode(),
      'incremented',
      JSON.stringify(bodyAt(sequence)),
    ],
  });
}

/** H1: hydrating an aggregate that is not in memory, with and without a snapshot ten events before its end. */
export async function coldHydrates(
  maestro: Maestro,
  raw: RawPg,
  schema: string,
  withSnapshot: boolean,
  times = 40,
): Promise<Workload> {
  const counters = openCounters(maestro.store);
  const id = counters.create();
  for (let sequence = 1; sequence <= HISTORY; sequence += 500) await maestro.commit(id, sequence, 500);
  if (withSnapshot) {
    await counters.snapshot(id);
    await maestro.commit(id, HISTORY + 1, 10);
  }
  return {
    id: withSnapshot ? 'H1 snapshot' : 'H1',
    title: `cold hydrate of ${HISTORY.toLocaleString('en')} events${withSnapshot ? ', from a snapshot and the 10 events after it' : ''}`,
    unit: withSnapshot ? 'hydrates/s' : 'events/s',
    contenders: {
      maestro: async () => {
        const run = await sequentially(times, () => openCounters(maestro.store, clock).get(id));
        return counting(run, withSnapshot ? 1 : HISTORY);
      },
      'raw pg': async () => {
        const run = await sequentially(times, () => hydrate(raw, schema, id.encode()));
        return counting(run, withSnapshot ? 1 : HISTORY);
      },
    },
  };
}

/** Reads a state with `pg` alone: both queries, and one pass over the rows. */
async function hydrate({ pool, types }: RawPg, schema: string, id: Buffer): Promise<number> {
  const snapshots = await pool.query<{ sequence: number; body: { state: { value: number } } }>({
    name: 'hydrate snapshot',
    text: `SELECT sequence, body FROM "${schema}".snapshots WHERE aggregate_id = $1`,
    values: [id],
    types,
  });
  const { rows } = await pool.query<[number, object]>({
    name: 'hydrate events',
    text: `SELECT sequence, body FROM "${schema}".event_log
WHERE aggregate_id = $1 AND sequence > $2 AND sequence <= $3 ORDER BY sequence`,
    values: [id, snapshots.rows[0]?.sequence ?? 0, MAX_SEQUENCE],
    rowMode: 'array',
    types,
  });
  return rows.reduce((value) => value + 1, snapshots.rows[0]?.sequence ?? 0);
}
