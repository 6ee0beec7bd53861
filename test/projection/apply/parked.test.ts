import test from 'ava';
import { InvalidArgumentError } from '../../../src/errors.js';
import { due, listParked, retry, skip } from '../../../src/projection/apply/parked.js';
import { aHistory, anId } from '../../support/data/factories.js';
import { testKnex, useTestDatabase } from '../../support/database.js';
import { aJournal, aLiveCopy, positionOf, seen, takeAll } from '../../support/projection/journal.js';

const own = useTestDatabase(test);
const { schema } = own;
const knex = testKnex({ searchPath: [schema] });
test.after.always(() => knex.destroy());
const database = { knex, schema };

/** An aggregate of four events that is parked at its second. */
async function aParkedAggregate() {
  const id = anId();
  const journal = aJournal({
    before: ({ sequence }) => {
      if (sequence === 2) throw new Error('not this one');
    },
  });
  const copy = await aLiveCopy(database, journal);
  await own.store().commitEvents(aHistory(id, 4));
  await takeAll(database, copy, journal, [id]);
  return { id, journal, copy };
}

test('the next try comes after a second, and later after each attempt, up to ten minutes', async (t) => {
  const { id, journal, copy } = await aParkedAggregate();
  const pauses: number[] = [];
  for (let attempt = 1; attempt <= 13; attempt += 1) {
    const parked = await listParked(knex, schema, { copies: [copy.id] });
    t.like(parked, [{ sequence: 2, reason: 'failed', error: 'not this one', attempts: attempt }]);
    for (const { nextTry, failedAt, firstFailedAt } of parked) {
      pauses.push(nextTry.getTime() - failedAt.getTime());
      t.true(firstFailedAt <= failedAt);
    }
    await retry(knex, schema, copy.id, id);
    await takeAll(database, copy, journal, [id]);
  }
  for (const [index, pause] of pauses.entries()) {
    const middle = 1000 * Math.min(2 ** index, 600);
    t.true(pause >= middle * 0.74 && pause <= middle * 1.26, `pause ${index + 1} is ${pause} ms`);
  }
});

test('due() names the aggregates whose next try has come, of the copies that are asked for', async (t) => {
  const [one, other] = [await aParkedAggregate(), await aParkedAggregate()];
  t.deepEqual(await due(knex, schema, [], 10), []);
  t.is(await retry(knex, schema, one.copy.id), 1);
  t.is(await retry(knex, schema, other.copy.id, other.id), 1);
  t.is(await retry(knex, schema, other.copy.id, anId()), 0);

  const found = await due(knex, schema, [one.copy.id], 10);

  t.deepEqual(found.map(({ copy, aggregateId }) => [copy, aggregateId.hex]), [[one.copy.id, one.id.hex]]); // prettier-ignore
  t.is((await due(knex, schema, [one.copy.id, other.copy.id], 1)).length, 1);
});

test('listParked() gives pages', async (t) => {
  const parked = [await aParkedAggregate(), await aParkedAggregate(), await aParkedAggregate()];
  const copies = parked.map(({ copy }) => copy.id);
  const first = await listParked(knex, schema, { copies, limit: 2 });
  const second = await listParked(knex, schema, { copies, limit: 2, after: first[1] });
  t.deepEqual([...first, ...second].map(({ copy }) => copy), copies); // prettier-ignore
});

test('skip() passes over the event that fails and no other, and keeps why', async (t) => {
  const { id, journal, copy } = await aParkedAggregate();
  const skipped = (sequence: number, aggregateId = id) =>
    skip(knex, schema, { copy: copy.id, aggregateId, sequence, reason: 'a typo' });
  for (const wrong of [1, 3])
    await t.throwsAsync(skipped(wrong), { instanceOf: InvalidArgumentError, message: /it is parked at sequence 2/ });
  await t.throwsAsync(skipped(2, anId()), { instanceOf: InvalidArgumentError, message: /it is not parked/ });
  t.is(await positionOf(database, copy, id), 1);

  await skipped(2);

  t.is(await positionOf(database, copy, id), 2);
  t.deepEqual(await listParked(knex, schema, { copies: [copy.id] }), []);
  await t.throwsAsync(skipped(2), { message: /it is not parked/ });
  t.is((await takeAll(database, copy, journal, [id])).taken, 2);
  t.deepEqual(await seen(knex, journal, id), [1, 3, 4]);
  const { rows } = await knex.raw<{ rows: unknown[] }>(
    `SELECT sequence, error, reason FROM "${schema}".maestro_skipped WHERE copy = ? AND aggregate_id = ?`,
    [copy.id, id.encode()],
  );
  t.deepEqual(rows, [{ sequence: 2, error: 'not this one', reason: 'a typo' }]);
});
