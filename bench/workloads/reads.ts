import { Clock } from '../../dist/src/index.js';
import type { Contender } from '../contenders/contender.js';
import { inChild } from '../in-child.js';
import type { Workload } from '../measure.js';
import { counting, sequentially } from '../operations.js';
import { forEach } from './contenders.js';

/** Number of events in one commit when histories are written. */
const BATCH = 500;

/** Gives each contender a history of its own to read. */
export async function historiesOf(
  contenders: readonly Contender[],
  length: number,
): Promise<ReadonlyMap<string, ReturnType<Clock['now']>>> {
  const clock = new Clock();
  const ids = new Map<string, ReturnType<Clock['now']>>();
  for (const contender of contenders) {
    const id = clock.now();
    ids.set(contender.name, id);
    for (let sequence = 1; sequence <= length; sequence += BATCH)
      await contender.commit(id, sequence, Math.min(BATCH, length - sequence + 1));
  }
  return ids;
}

/** R1: an aggregate of a thousand events, read a hundred times. */
export async function shortReads(contenders: readonly Contender[], times = 100): Promise<Workload> {
  const ids = await historiesOf(contenders, 1000);
  return {
    id: 'R1',
    title: 'reading an aggregate of 1,000 events, 100 times',
    unit: 'events/s',
    floors: ['raw pg', 'knex'],
    goal: 0.95,
    contenders: forEach(contenders, (contender) => {
      const id = ids.get(contender.name);
      if (id === undefined) return undefined;
      return async () => counting(await sequentially(times, () => contender.read(id)), 1000);
    }),
  };
}

/** R2: a hundred thousand events, as an array or one by one, each run in a process of its own. */
export async function longReads(
  contenders: readonly Contender[],
  place: { readonly url: string; readonly schema: string },
  way: 'array' | 'stream',
  length = 100_000,
): Promise<Workload> {
  const able = contenders.filter((contender) => way === 'array' || contender.stream !== undefined);
  const ids = await historiesOf(able, length);
  return {
    id: `R2 ${way}`,
    title: `reading an aggregate of ${length.toLocaleString('en')} events, as ${way === 'array' ? 'an array' : 'a stream'}`,
    unit: 'events/s',
    goal: 0.95,
    contenders: forEach(able, ({ name }) => () => {
      return inChild('read-long.ts', [name, place.url, place.schema, ids.get(name)?.hex ?? '', way]);
    }),
  };
}
