import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { runCli } from '../../support/cli/cli.js';
import { useTemporaryFolder, useTestDatabase } from '../../support/database.js';
import { anEvent, anId } from '../../support/data/factories.js';

const database = useTestDatabase(test);
const folder = useTemporaryFolder(test);
const env = { MAESTRO_DATABASE_URL: database.url, MAESTRO_SCHEMA: database.schema };
const maestro = (...argv: string[]) => runCli(argv, { env, cwd: folder });
const id = anId();

test.before(async () => {
  writeFileSync(
    join(folder, 'maestro.config.ts'),
    `import { defineAggregate } from 'maestro-store';
export default { aggregates: [defineAggregate({
  name: 'account', initialState: () => ({ owner: '', cents: 0 }), commands: {},
  events: {
    account_opened: (state, { owner }: { owner: string }) => ({ ...state, owner }),
    money_withdrawn: (state, { cents }: { cents: number }) => ({ ...state, cents: state.cents - cents }),
  },
  aliases: { account_opened: ['opened'], money_withdrawn: ['withdrawn'] },
  upcasters: { money_withdrawn: (body, { type }) => (type === 'withdrawn' ? { cents: body.euros * 100 } : body) },
  schemas: { account_opened: { '~standard': { version: 1, vendor: 'any', validate: (value) => ({ value }) } } },
  owns: { firstEvents: ['account_opened'] },
})] };`,
  );
  await database
    .store()
    .commitEvents([
      anEvent(id, { sequence: 1, type: 'opened', body: { owner: 'Ada' } }),
      anEvent(id, { sequence: 2, type: 'withdrawn', body: { euros: 2 } }),
      anEvent(id, { sequence: 3, type: 'money_withdrawn', body: { cents: 5 } }),
    ]);
});

test('every command that folds takes the handlers of the new name, and the one that owns the history', async (t) => {
  const state = async (...argv: string[]) =>
    JSON.parse((await maestro(...argv, '-o', 'json')).stdout) as object as {
      aggregate: string;
      state: object;
    };
  t.like(await state('replay', id.hex), { aggregate: 'account', state: { owner: 'Ada', cents: -205 } });
  t.like(await state('replay', id.hex, '--max-sequence', '2'), { state: { cents: -200 } });
  t.like(await maestro('check'), { code: 0, stdout: 'checked 3 events of 1 aggregate: no problem\n' });
  const bisected = await maestro('bisect', id.hex, '--where', '$.cents < 0', '-o', 'json');
  t.like(JSON.parse(bisected.stdout), [{ sequence: 2, type: 'withdrawn' }]);
  t.like(JSON.parse((await maestro('diff', id.hex, '1', '2', '-o', 'json')).stdout), [
    { op: 'replace', path: '/cents', value: -200 },
  ]);
  const steps = (await maestro('replay', id.hex, '--steps', '-o', 'ndjson')).stdout.trimEnd().split('\n');
  t.deepEqual(
    steps.map((line) => (JSON.parse(line) as { event?: { type: string }; type?: string }).type),
    ['opened', 'withdrawn', 'money_withdrawn'],
  );
});

test('the stored type is what is printed, and what filters ask for', async (t) => {
  const types = async (...argv: string[]) =>
    (await maestro(...argv, '-o', 'ndjson')).stdout
      .split('\n')
      .slice(0, -1)
      .map((line) => (JSON.parse(line) as { type: string }).type);
  t.deepEqual(await types('events', id.hex), ['opened', 'withdrawn', 'money_withdrawn']);
  t.deepEqual(await types('search', '--type', 'withdrawn'), ['withdrawn']);
  t.deepEqual(await types('search', '--aggregate', 'account', '--type', 'money_withdrawn'), ['money_withdrawn']);
  t.deepEqual(await types('aggregates', '--aggregate', 'account'), ['money_withdrawn'], 'the type of the last event');
  t.regex((await maestro('complete', '--', 'search', '--type', 'with')).stdout, /^withdrawn\n:4/);
});

test('an operator may append an event under an older name: it is tried as one of the new name', async (t) => {
  const tried = await maestro(
    'append',
    'new',
    '--type',
    'opened',
    '--body',
    '{"owner": "Bob"}',
    '--dry-run',
    '-o',
    'json',
  );
  t.is(tried.code, 0, tried.stderr);
  t.false(tried.stderr.includes('has no schema for'), tried.stderr);
  const refused = await maestro(
    'append',
    'new',
    '--type',
    'withdrawn',
    '--body',
    '{"euros": 1}',
    '--aggregate',
    'account',
    '--dry-run',
  );
  t.is(refused.code, 5);
  t.regex(refused.stderr, /The first event of account cannot be withdrawn/);
});
