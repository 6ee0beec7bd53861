import { once } from 'node:events';
import test from 'ava';
import { runProjections } from '../../../src/projection/worker/run-projections.js';
import { warnings } from '../../../src/projection/worker/warnings.js';
import { aHistory, anId } from '../../support/data/factories.js';
import { testKnex, useTestDatabase } from '../../support/database.js';
import { aJournal } from '../../support/projection/journal.js';

const database = useTestDatabase(test);
const knex = testKnex({ searchPath: [database.schema] });
test.after.always(() => knex.destroy());

async function warned(): Promise<Error & { readonly detail: string }> {
  const [warning] = (await once(process, 'warning')) as [Error & { readonly detail: string }];
  return warning;
}

test.serial('a worker to which nobody listens warns of what went wrong', async (t) => {
  const bad = anId();
  await database.store().commitEvents(aHistory(bad, 1));
  const journal = aJournal({
    before: () => {
      throw new Error('no such owner');
    },
  });
  const stop = new AbortController();
  const warning = warned();
  const worker = runProjections({ knex, schema: database.schema }, [journal.definition], { signal: stop.signal });
  await worker.caughtUp();
  const { name, message, detail } = await warning;
  stop.abort();
  await worker.stopped;
  t.is(name, 'MaestroWarning');
  t.regex(message, new RegExp(`${journal.table} 1 failed at event 1 of ${bad.hex}, attempt 1: no such owner`));
  t.regex(detail, /projections retry/);
  t.regex(detail, /option onError/);
});

test.serial('of each kind one a minute comes through, and says how many did not', async (t) => {
  let now = 0;
  const warn = warnings(() => now);
  const told: string[] = [];
  const listen = ({ message }: Error) => told.push(message);
  process.on('warning', listen);
  t.teardown(() => process.off('warning', listen));
  for (const text of ['one', 'two', 'three']) warn(new Error(text));
  warn(new RangeError('another kind'));
  warn('no error');
  now = 59_999;
  warn(new Error('four'));
  now = 60_000;
  const last = warned();
  warn(new Error('five'));
  await last;
  const about = 'A worker of projections goes on after this: ';
  t.deepEqual(told, [
    `${about}one`,
    `${about}RangeError: another kind`,
    `${about}no error`,
    `${about}five (and 3 more of its kind since the last warning)`,
  ]);
});
