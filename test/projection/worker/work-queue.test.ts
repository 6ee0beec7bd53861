import test from 'ava';
import type { Timestamp } from '../../../src/hlc/timestamp.js';
import { WorkQueue } from '../../../src/projection/worker/work-queue.js';
import { anId } from '../../support/data/factories.js';

const never = () => false;
const all = () => Number.POSITIVE_INFINITY;

async function taken(queue: WorkQueue, most = Number.POSITIVE_INFINITY): Promise<readonly Timestamp[]> {
  return (await queue.take(() => most, never))?.aggregates ?? [];
}

test('an aggregate that was found twice is taken once, in the order in which they were found', async (t) => {
  const queue = new WorkQueue(10);
  const [a, b] = [anId(), anId()];
  for (const id of [b, a, b]) t.true(queue.add(1, id));
  t.deepEqual(await taken(queue), [b, a]);
});

test('copies take turns, and a batch is of one copy', async (t) => {
  const queue = new WorkQueue(10);
  const [a, b, c] = [anId(), anId(), anId()];
  for (const id of [a, b, c]) queue.add(1, id);
  queue.add(2, a);
  t.deepEqual(await queue.take(() => 2, never), { copy: 1, aggregates: [a, b] });
  t.deepEqual(await queue.take(() => 2, never), { copy: 2, aggregates: [a] });
  t.deepEqual(await queue.take(() => 2, never), { copy: 1, aggregates: [c] });
});

test('whoever takes nothing of a copy gets what others wait for, and holds nobody up', async (t) => {
  const queue = new WorkQueue(10);
  const [a, b] = [anId(), anId()];
  queue.add(1, a);
  queue.add(2, b);
  const only = (wanted: number) => queue.take((copy) => (copy === wanted ? 1 : 0), never);
  t.deepEqual(await only(2), { copy: 2, aggregates: [b] });
  t.deepEqual(await only(1), { copy: 1, aggregates: [a] });
});

test('an aggregate that is found while a lane is at work on it is taken again afterwards, by nobody before', async (t) => {
  const queue = new WorkQueue(10);
  const [a, b] = [anId(), anId()];
  queue.add(1, a);
  const batch = await queue.take(all, never);
  queue.add(1, a);
  queue.add(1, b);
  t.deepEqual(await taken(queue), [b]);
  queue.ended(batch ?? t.fail());
  t.deepEqual(await taken(queue), [a]);
});

test('what is behind or was in use comes again, what is done does not', async (t) => {
  const queue = new WorkQueue(10);
  const [a, b, c] = [anId(), anId(), anId()];
  for (const id of [a, b, c]) queue.add(1, id);
  const batch = await queue.take(all, never);
  queue.ended(batch ?? t.fail(), { behind: [a], later: [b] });
  t.deepEqual(await taken(queue), [a]);
  t.deepEqual(await taken(queue), [b]);
  queue.close();
});

test('what was in use is taken by itself, in turns with what was found since', async (t) => {
  const queue = new WorkQueue(10);
  const [a, b, c, d] = [anId(), anId(), anId(), anId()];
  for (const id of [a, b]) queue.add(1, id);
  const batch = await queue.take(all, never);
  queue.ended(batch ?? t.fail(), { later: [a, b] });
  t.deepEqual(await taken(queue), [a, b]);
  queue.ended(batch ?? t.fail(), { later: [a, b] });
  queue.add(2, a);
  t.deepEqual(await queue.take(all, never), { copy: 2, aggregates: [a] });
  // Rested again.
  t.deepEqual(await taken(queue, 1), [a]);
  queue.add(1, c);
  queue.add(1, d);
  t.deepEqual(await taken(queue), [c, d]);
  t.deepEqual(await taken(queue), [b]);
  queue.close();
});

test('there is room for so many aggregates of each copy; whoever waits for room gets it when one is done', async (t) => {
  const queue = new WorkQueue(2);
  const [a, b, c] = [anId(), anId(), anId()];
  t.true(queue.add(1, a) && queue.add(1, b) && queue.add(1, a) && queue.add(2, c));
  t.false(queue.add(1, c));
  const batch = await queue.take(() => 1, never);
  const room = queue.room(1, never);
  t.false(queue.add(1, c));
  queue.ended(batch ?? t.fail());
  await room;
  t.true(queue.add(1, c));
});

test('it has settled when all that was in it then has been looked at, whatever comes later', async (t) => {
  const queue = new WorkQueue(10);
  const [a, b] = [anId(), anId()];
  queue.add(1, a);
  const first = await queue.take(all, never);
  // Found again: the lane may have read what there was before that.
  queue.add(1, a);
  const order: string[] = [];
  const settled = queue.settled(never).then(() => order.push('settled'));
  queue.add(1, a);
  queue.add(1, b);
  queue.ended(first ?? t.fail());
  const second = await queue.take(() => 1, never);
  t.deepEqual(second?.aggregates, [b]);
  const third = await queue.take(() => 1, never);
  t.deepEqual(third?.aggregates, [a]);
  order.push('a again');
  queue.add(1, a);
  queue.ended(third ?? t.fail());
  await settled;
  t.deepEqual(order, ['a again', 'settled']);
  t.deepEqual(await taken(queue), [a]);
});

test('a copy has settled whatever is with others, and gives nothing to those who want none of it', async (t) => {
  const queue = new WorkQueue(10);
  const [a, b] = [anId(), anId()];
  queue.add(1, a);
  queue.add(2, b);
  const batch = await queue.take((copy) => (copy === 2 ? 1 : 0), never);
  t.deepEqual(batch, { copy: 2, aggregates: [b] });
  const settled = queue.settled(never, 2);
  queue.ended(batch ?? t.fail());
  await settled;
  t.deepEqual(await taken(queue), [a]);
});

test('nobody waits when he has a reason not to', async (t) => {
  const queue = new WorkQueue(1);
  queue.add(1, anId());
  await queue.take(all, never);
  let isOver = false;
  const waiting = [queue.take(all, () => isOver), queue.room(1, () => isOver), queue.settled(() => isOver)];
  isOver = true;
  queue.wake();
  t.is((await Promise.all(waiting))[0], undefined);
});
