import { setImmediate as immediate } from 'node:timers/promises';
import test from 'ava';
import type { Timestamp } from '../../../src/hlc/timestamp.js';
import { LeaseKeeper } from '../../../src/projection/subscription/lease-keeper.js';
import { Heartbeat } from '../../../src/projection/worker/heartbeat.js';
import { checkedOptions } from '../../../src/projection/worker/options.js';
import { Overflow } from '../../../src/projection/worker/overflow.js';
import { OwnCopies } from '../../../src/projection/worker/own-copies.js';
import { Permits } from '../../../src/projection/worker/permits.js';
import { Reachability } from '../../../src/projection/worker/reachability.js';
import { Rebuilds } from '../../../src/projection/worker/rebuilds.js';
import type { Running } from '../../../src/projection/worker/running.js';
import { Search } from '../../../src/projection/worker/search.js';
import { WorkQueue } from '../../../src/projection/worker/work-queue.js';
import { aHistory, anId } from '../../support/data/factories.js';
import { testKnex, useTestDatabase } from '../../support/database.js';
import { aJournal } from '../../support/projection/journal.js';

const database = useTestDatabase(test);
const { schema } = database;
const knex = testKnex({ searchPath: [schema] });
test.after.always(() => knex.destroy());

test('a copy whose queue is full keeps no other from being filled', async (t) => {
  const [stuck, other] = [aJournal(), aJournal()];
  const ids = Array.from({ length: 5 }, anId);
  for (const id of ids) await database.store().commitEvents(aHistory(id, 1));
  const stopping = new AbortController();
  const { signal } = stopping;
  const besides: Promise<void>[] = [];
  const onError = (error: unknown) => t.fail(String(error));
  const copies = new OwnCopies(knex, schema, [stuck.definition, other.definition], onError);
  const running: Running = {
    knex,
    schema,
    options: checkedOptions({}, false),
    signal,
    copies,
    onError,
    queue: new WorkQueue(2),
    reach: new Reachability({ knex, signal, onError, onBack: () => {} }),
    heartbeat: new Heartbeat(),
    keeper: new LeaseKeeper(1000, signal),
    searching: new Permits(1),
    working: new Permits(1),
    handling: new Permits(1),
    takenByOthers: new Set(),
    beside: (work) => besides.push(work()),
  };
  await copies.register();
  const search = new Search(running, new Rebuilds(running));
  const sweeping = search.sweep();
  const wanted = copies.all.find(({ definition }) => definition.name === other.table)?.copy.id;
  const found = new Map<string, Timestamp>();
  while (found.size < ids.length) {
    const batch = await running.queue.take((copy) => (copy === wanted ? 1 : 0), () => false); // prettier-ignore
    for (const id of batch?.aggregates ?? []) found.set(id.hex, id);
    running.queue.ended(batch ?? t.fail());
  }
  t.deepEqual(ids.every((id) => found.has(id.hex)), true); // prettier-ignore
  stopping.abort();
  search.end(signal.reason);
  running.queue.close();
  await sweeping;
  await Promise.all(besides);
});

test('while a burst lasts, no walk along the log follows another at once; whoever waits for one gets his own', async (t) => {
  const stopping = new AbortController();
  const besides: Promise<void>[] = [];
  let walks = 0;
  let end = (): void => {};
  const walk = () => {
    walks += 1;
    return new Promise<void>((resolve) => (end = resolve));
  };
  const overflow = new Overflow({ signal: stopping.signal, beside: (work) => besides.push(work()) }, walk);
  overflow.want(1);
  overflow.want(1);
  await immediate();
  t.is(walks, 1);
  overflow.want(1);
  end();
  await immediate();
  t.is(walks, 1);

  const first = overflow.walked(1);
  t.is(walks, 2);
  const later = Promise.all([overflow.walked(1), overflow.walked(1)]);
  end();
  await first;
  await immediate();
  t.is(walks, 3);
  end();
  await later;
  stopping.abort();
  await Promise.all(besides);
  t.is(walks, 3);
});
