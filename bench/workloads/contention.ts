import { Clock } from '../../dist/src/index.js';
import type { Timestamp } from '../../dist/src/index.js';
import type { Contender, ContenderName, Place } from '../contenders/contender.js';
import { openMaestro } from '../contenders/maestro.js';
import { openContender } from '../contenders/open.js';
import { increment, openCounters } from '../counter.js';
import type { Run, Workload } from '../measure.js';

const WRITERS = 16;
/** Number of commits of the peers, because some need a minute for a thousand. */
const PEERS = 200;
const clock = new Clock();

/**
 * C1: sixteen writers on one aggregate, each with a connection and a memory of its own as if it were another process,
 * until so many commits have succeeded. The others retry at once; Maestro evaluates commands.
 */
export async function contention(names: readonly ContenderName[], place: Place, successes = 1000): Promise<Workload> {
  const contenders: [string, () => Promise<Run>][] = [];
  for (const name of names.filter((one) => one !== 'maestro'))
    contenders.push([
      name,
      () => withWriters(name, place, (writers) => race(writers, name === 'raw pg' ? successes : PEERS)),
    ]);
  return {
    id: 'C1',
    title: `${WRITERS} processes' worth of writers on one aggregate, ${successes.toLocaleString('en')} commits`,
    unit: 'commits/s',
    goal: 3,
    contenders: { maestro: () => raceOfRoots(place, successes), ...Object.fromEntries(contenders) },
  };
}

async function withWriters(
  name: ContenderName,
  place: Place,
  work: (writers: readonly Contender[]) => Promise<Run>,
): Promise<Run> {
  const open = () => openContender(name, { ...place, connections: 1 });
  const writers = await Promise.all(Array.from({ length: WRITERS }, open));
  try {
    for (const writer of writers) await writer.lastSequence(clock.now());
    return await work(writers);
  } finally {
    for (const writer of writers) await writer.close();
  }
}

/** A first implementation: when the unique index refuses an event, it reads again and retries. */
async function race(writers: readonly Contender[], successes: number): Promise<Run> {
  const id = clock.now();
  let [left, retries] = [successes, 0];
  const latencies: number[] = [];
  const start = performance.now();
  await Promise.all(
    writers.map(async (writer) => {
      let last = 0;
      while (left > 0) {
        left -= 1;
        const begin = performance.now();
        while (!(await writer.commit(id, last + 1, 1))) {
          retries += 1;
          last = await writer.lastSequence(id);
        }
        last += 1;
        latencies.push(performance.now() - begin);
      }
    }),
  );
  return { count: successes, seconds: (performance.now() - start) / 1000, latencies, figures: { retries } };
}

async function raceOfRoots(place: Place, successes: number): Promise<Run> {
  const writers = Array.from({ length: WRITERS }, () => openMaestro({ ...place, connections: 1 }));
  const id: Timestamp = clock.now();
  try {
    for (const writer of writers) await writer.lastSequence(clock.now());
    let left = successes;
    const latencies: number[] = [];
    const start = performance.now();
    await Promise.all(
      writers.map(async ({ store }) => {
        const counters = openCounters(store);
        while (left > 0) {
          left -= 1;
          const begin = performance.now();
          await counters.evaluate(id, increment(left));
          latencies.push(performance.now() - begin);
        }
      }),
    );
    return { count: successes, seconds: (performance.now() - start) / 1000, latencies };
  } finally {
    for (const writer of writers) await writer.close();
  }
}
