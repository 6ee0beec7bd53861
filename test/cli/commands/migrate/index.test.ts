import test from 'ava';
import { runCli } from '../../../support/cli/cli.js';
import { type TestDatabase, useTestDatabase } from '../../../support/database.js';
import { anEvent } from '../../../support/data/factories.js';

const layouts = { plain: useTestDatabase(test), partitioned: useTestDatabase(test, { partitions: 2 }) };
const broken = useTestDatabase(test);
const values = useTestDatabase(test);

function maestro({ url, schema }: TestDatabase, argv: readonly string[]) {
  return runCli(argv, { env: { MAESTRO_DATABASE_URL: url, MAESTRO_SCHEMA: schema } });
}

for (const [layout, database] of Object.entries(layouts))
  test(`an index is shown, added, listed and dropped, with the ${layout} layout`, async (t) => {
    const index = (...argv: string[]) => maestro(database, ['migrate', 'index', ...argv]);
    t.is((await index('list', '-o', 'json')).stdout, '[]\n');
    t.regex((await index('list')).stderr, /there is no such index/);
    const plan = await index('add', '--dry-run');
    t.regex(plan.stdout, /CREATE INDEX CONCURRENTLY "maestro_metadata_correlationId/);
    t.is(
      (JSON.parse((await index('add', '--dry-run', '-o', 'json')).stdout) as { sql: string }).sql.trim(),
      plan.stdout.trim(),
    );
    t.is((await index('list', '-q')).stdout, '');

    t.is((await index('add')).stdout, 'maestro_metadata_correlationId  added\n');
    t.is((await index('add')).stdout, 'the index is there already: nothing to do\n');
    t.is((await index('add', '--dry-run')).stdout, '-- the index is there already: nothing to do\n');
    t.deepEqual(JSON.parse((await index('add', '--metadata', 'userId', '-o', 'json')).stdout), {
      added: ['maestro_metadata_userId'],
    });
    t.is((await index('list', '-q')).stdout, 'correlationId\nuserId\n');
    t.regex((await index('list')).stdout, /correlationId +valid +\S+ +maestro_metadata_correlationId/);
    t.is((await maestro(database, ['migrate', 'status', '--exit-code'])).code, 0);
    t.is((await maestro(database, ['verify'])).code, 0);
    const findings = JSON.parse((await maestro(database, ['doctor', '-o', 'json'])).stdout) as { check: string }[];
    t.like(findings.find(({ check }) => check === 'indexes'), { status: 'ok' }); // prettier-ignore

    t.is((await index('drop', '--metadata', 'userId')).stdout, 'maestro_metadata_userId  dropped\n');
    t.is((await index('drop', '-q')).stdout, 'maestro_metadata_correlationId\n');
    t.is((await index('drop')).stdout, 'there is no such index: nothing to do\n');
    const wrong = await index('add', '--metadata', "it's");
    t.is(wrong.code, 2);
    t.regex(wrong.stderr, /32 characters/);
  });

test('an index on a value in bodies is shown, added, listed beside those on metadata, and dropped', async (t) => {
  const index = (...argv: string[]) => maestro(values, ['migrate', 'index', ...argv]);
  const plan = await index('add', '--where', '$.customer', '--dry-run');
  t.regex(plan.stdout, /CREATE INDEX CONCURRENTLY "maestro_where_customer" ON/);
  t.is((await index('add', '--where', '$.customer')).stdout, 'maestro_where_customer  added\n');
  t.is((await index('add', '--where', '$.customer')).stdout, 'the index is there already: nothing to do\n');
  t.is((await index('add', '--where', '$."$metadata".tenant', '-q')).code, 0);
  t.is((await index('add')).code, 0);
  t.is((await index('list', '-q')).stdout, 'correlationId\n$."$metadata".tenant\n$.customer\n');
  t.regex((await index('list')).stdout, /\$\.customer +valid +\S+ +maestro_where_customer/);
  const [, tenant, customer] = JSON.parse((await index('list', '-o', 'json')).stdout) as Record<string, unknown>[];
  t.like(customer, { path: '$.customer', name: 'maestro_where_customer', state: 'valid' });
  t.deepEqual(Object.keys(tenant ?? {}), ['path', 'name', 'state', 'bytes']);
  t.regex((await maestro(values, ['doctor'])).stdout, /\$\.customer \(valid\)/);

  t.is((await index('drop', '--where', '$.customer')).stdout, 'maestro_where_customer  dropped\n');
  t.is((await index('drop', '--where', '$.customer')).stdout, 'there is no such index: nothing to do\n');
  for (const wrong of [['--where', '$.customer == "x"'], ['--where', '$.items[*].sku'], ['--where', '$.customer', '--metadata', 'userId']]) {
    const refused = await index('add', ...wrong);
    t.is(refused.code, 2, refused.stderr);
  }
  t.regex((await index('add', '--where', '$.items[*].sku')).stderr, /without a comparison or \[\*\]/);
}); // prettier-ignore

test('doctor and list tell of an index that a broken build has left, and how to complete it', async (t) => {
  await broken.store().commitEvents([anEvent()]);
  const sql = `CREATE INDEX CONCURRENTLY "maestro_metadata_correlationId" ON "${broken.schema}".event_log ((1 / (sequence - sequence)))`;
  await t.throwsAsync(async () => broken.knex.raw(sql));
  t.regex((await maestro(broken, ['migrate', 'index', 'list'])).stdout, /correlationId +invalid/);
  const doctor = await maestro(broken, ['doctor']);
  t.regex(doctor.stdout, /correlationId \(invalid\)/);
  t.regex(doctor.stdout, /maestro migrate index add --metadata correlationId/);
  t.is((await maestro(broken, ['migrate', 'index', 'add'])).code, 0);
  t.regex((await maestro(broken, ['migrate', 'index', 'list'])).stdout, /correlationId +valid/);
});
