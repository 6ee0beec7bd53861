import test from 'ava';
import { eventTypes } from '../../../src/admin/log-statistics/event-types.js';
import { withinLimit } from '../../../src/admin/log/within-limit.js';
import { select } from '../../../src/admin/log/select.js';
import { openDatabase } from '../../../src/connection/open-database.js';
import { DatabaseTimeoutError } from '../../../src/store/errors.js';
import { anEvent } from '../../support/data/factories.js';
import { testKnex, useTestDatabase } from '../../support/database.js';

const database = useTestDatabase(test);
const HOUR = 3_600_000;

test('a statement that takes longer than the limit is ended, and there is no answer', async (t) => {
  t.is(await withinLimit(database, 20, (log) => select(log, 'SELECT pg_sleep(3600)')), undefined);
  t.deepEqual(await withinLimit(database, HOUR, (log) => select(log, 'SELECT 1')), [[1]]);
  await database.store().commitEvents([anEvent(undefined, { type: 'opened' })]);
  t.deepEqual(await eventTypes(database), ['opened']);
});

test('a stricter limit of the session stays, a wider one is narrowed, and both are back afterwards', async (t) => {
  for (const [session, held] of [
    ['7s', '7s'],
    ['2h', '1h'],
    ['0', '1h'],
  ] as const) {
    const url = `${database.url}?options=-c%20statement_timeout%3D${session}`;
    const limited = await openDatabase({ url, schema: database.schema, pool: { max: 1 } });
    const shown = async (log: Parameters<typeof select>[0]) => await select<[string]>(log, 'SHOW statement_timeout');
    t.deepEqual(await withinLimit(limited, HOUR, shown), [[held]]);
    t.deepEqual(await shown(limited), [[session]]);
    await limited.close();
  }
});

test('what else ends a statement is an error: somebody has cancelled it, or a lock is not to be had', async (t) => {
  const other = testKnex();
  t.teardown(() => other.destroy());
  const cancelled = withinLimit(database, HOUR, async (log) => {
    const [row] = await select<[number]>(log, 'SELECT pg_backend_pid()');
    // Sent before the statement is answered, again and again until it has ended.
    let isOver = false;
    const statement = select(log, 'SELECT pg_sleep(3600)').finally(() => (isOver = true));
    const cancelling = (async () => {
      while (!isOver) await other.raw('SELECT pg_cancel_backend(?)', [row?.[0] ?? 0]);
    })();
    try {
      return await statement;
    } finally {
      await cancelling;
    }
  });
  t.is(
    ((await t.throwsAsync(cancelled, { instanceOf: DatabaseTimeoutError }))?.cause as { code: string }).code,
    '57014',
  );
  const refused = withinLimit(database, HOUR, (log) =>
    select(log, "DO $$ BEGIN RAISE EXCEPTION 'busy' USING ERRCODE = '55P03'; END $$"),
  );
  await t.throwsAsync(refused, { instanceOf: DatabaseTimeoutError });
});
