import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import type { Timestamp } from '../../../src/hlc/timestamp.js';
import { PostgresStore } from '../../../src/store/postgres-store.js';
import { type CliResult, runCli } from '../../support/cli/cli.js';
import { useTemporaryFolder, useTestDatabase } from '../../support/database.js';
import { anEvent, anId } from '../../support/data/factories.js';
import { PERSON } from '../../support/data/handlers.js';

const layouts = { plain: useTestDatabase(test), partitioned: useTestDatabase(test, { partitions: 3 }) };
const database = layouts.plain;
const folder = useTemporaryFolder(test);
const REASON = ['--reason', 'GDPR request 4712'];

const CONFIGURATION = `
import { defineAggregate, defineConfig } from 'maestro-store';
${PERSON}
export default defineConfig({ aggregates: [Person] });
`;
test.before(() => writeFileSync(join(folder, 'maestro.config.ts'), CONFIGURATION));

function maestro(argv: readonly string[], { url, schema } = database): Promise<CliResult> {
  return runCli(argv, { cwd: folder, env: { MAESTRO_DATABASE_URL: url, MAESTRO_SCHEMA: schema } });
}

/** Somebody who has joined with an e-mail address, after the events of these types. */
async function aPerson(types: readonly string[] = ['joined', 'said'], place = database): Promise<Timestamp> {
  const id = anId();
  await place.store().commitEvents(
    types.map((type, index) =>
      anEvent(id, {
        sequence: index + 1,
        type,
        body: type === 'joined' ? { email: 'ada@example.org' } : { text: 'hi', email: 'ada@example.org' },
      }),
    ),
  );
  await place.store().commitSnapshot({ aggregateId: id, sequence: 1, body: { email: 'ada@example.org' } });
  return id;
}

for (const [layout, place] of Object.entries(layouts))
  test(`what the schema needs is not erased, but replaced, or with --force: ${layout}`, async (t) => {
    const id = await aPerson(undefined, place);
    const run = (...argv: string[]) => maestro(argv, place);
    const erase = (...argv: string[]) => run('erase', id.hex, '--paths', '/email', ...REASON, ...argv);
    const before = await run('export', id.hex);
    for (const flags of [[], ['--execute'], ['--execute', '--expect', '2']]) {
      const { code, stdout, stderr } = await erase(...flags);
      t.deepEqual([code, stdout], [5, '']);
      t.regex(
        stderr,
        /^error: Without these values the history of [0-9a-f]{32} can no longer be folded: The body of joined at sequence 1 .* email: is no text\.\nhint: Nothing was changed\. Give another value with --replace, or erase anyway with --force\./,
      );
    }
    t.deepEqual(await run('export', id.hex), before);

    const replace = ['--replace', '"gone"'];
    const plan = await erase(...replace);
    t.is(plan.code, 0, plan.stderr);
    t.regex(plan.stdout, /\npath to erase +\/email → "gone" \(in 2 events\)\n/);
    t.regex(
      plan.stdout,
      /\nfolds afterwards +yes, by the handlers of person\n\nThe last state changes:\n~ \/email "ada@example\.org" → "gone"\n$/,
    );
    t.like(JSON.parse((await erase(...replace, '-o', 'json')).stdout), {
      patch: [{ op: 'replace', path: '/email', value: 'gone' }],
    });
    const other = await run('erase', id.hex, '--paths', '/text', ...REASON);
    t.regex(other.stdout, /\nfolds without it +yes, by the handlers of person\n\nThe last state does not change\.\n$/);
    t.deepEqual(await run('export', id.hex), before);
    const done = await erase(...replace, '--execute', '-o', 'json');
    t.like(JSON.parse(done.stdout), {
      executed: true,
      events: 2,
      snapshot: 1,
      paths: [{ path: '/email', events: 2, replacement: '"gone"' }],
      aggregate: 'person',
      folds: true,
    });
    t.like(JSON.parse((await run('replay', id.hex, '-o', 'json')).stdout), { state: { email: 'gone' } });
    t.deepEqual(
      (await place.store().getEvents(id, 1)).map(({ body }) => body),
      [{ email: 'gone' }, { text: 'hi', email: 'gone' }],
    );
    const again = await erase(...replace);
    t.is(again.code, 3);
    t.regex(again.stderr, /No event of [0-9a-f]{32} has another value at \/email than that of --replace\./);

    t.regex((await erase('--force')).stderr, /^warning: .* With --execute they would be erased anyway \(--force\)\.$/m);
    const forced = await erase('--execute', '--force', '-o', 'json');
    t.like(JSON.parse(forced.stdout), { executed: true, events: 2, folds: false });
    t.regex(forced.stderr, /^warning: Without these values .* Erased anyway \(--force\)\.$/m);
    t.is((await run('replay', id.hex)).code, 1);
  });

test('what handlers can do without is erased as it was, and a path may have its own value', async (t) => {
  const id = await aPerson();
  const erase = (...argv: string[]) => maestro(['erase', id.hex, ...REASON, ...argv]);
  t.is((await erase('--paths', '/text', '--execute')).code, 0);
  const other = await aPerson();
  const both = ['erase', other.hex, ...REASON, '--paths', '/email', '/text'];
  const { code } = await maestro([...both, '--replace', '/email="e=m"', '{"a": 1.50}', '--execute']);
  t.is(code, 0);
  t.is(
    (await maestro(['events', other.hex, '-o', 'ndjson'])).stdout.includes('{"text": {"a": 1.50}, "email": "e=m"}'),
    true,
  );
});

test('a history that cannot be folded as it is may be erased from, unless it becomes worse', async (t) => {
  const broken = await aPerson(['joined', 'said', 'failed']);
  const erase = (...argv: string[]) => maestro(['erase', broken.hex, ...REASON, '--execute', ...argv]);
  t.is((await erase('--paths', '/email')).code, 5, 'it would fail at an earlier event');
  const { code, stderr } = await erase('--paths', '/text');
  t.is(code, 0);
  t.regex(stderr, /^warning: The history of [0-9a-f]{32} cannot be folded as it is: .* threw: as ever\.$/m);
});

test('without handlers of its own nothing is tried, and that is said', async (t) => {
  const id = await aPerson(['said']);
  const erase = ['erase', id.hex, ...REASON, '--paths', '/email'];
  const { code, stderr } = await maestro(erase);
  t.is(code, 0);
  t.regex(
    stderr,
    /^note: no configured definition owns this aggregate, so it was not checked that the rest can be folded$/m,
  );
  t.like(JSON.parse((await maestro([...erase, '--aggregate', 'person', '-o', 'json'])).stdout), { folds: true });
  t.is((await maestro([...erase, '--aggregate', 'persona'])).code, 2);
});

test('a replacement that is none is refused before anything happens', async (t) => {
  const id = await aPerson();
  for (const [argv, problem] of [
    [['--replace', '"x"'], '--replace works only together with --paths.'],
    [['--paths', '/email', '--replace', 'gone'], 'The value of --replace is not valid JSON'],
    [['--paths', '/email', '--replace', '"\\u0000"'], 'The value of --replace '],
    [['--paths', '/email', '--replace', '/mail="x"'], '--replace /mail="x" does not begin with a path of --paths.'],
    [['--paths', '/email', '--replace', '1', '2'], '--replace gives two values for all paths.'],
    [['--paths', '/email', '--replace', '/email=1', '/email=2'], '--replace gives two values for /email.'],
    [['--paths', '/email', '/email/a', '--replace', '1'], '/email/a is inside another path of --paths'],
  ] as const) {
    const { code, stdout, stderr } = await maestro(['erase', id.hex, ...REASON, ...argv]);
    t.deepEqual([code, stdout], [2, ''], stderr);
    t.true(stderr.startsWith(`error: ${problem}`), stderr);
  }
});

test('what is appended while the history is folded is folded too, or nothing is erased', async (t) => {
  const id = await aPerson();
  // Folding takes place in this process, so the handler can be somebody who appends meanwhile.
  writeFileSync(
    join(folder, 'racing.ts'),
    CONFIGURATION.replace(
      'said: (state) => state,',
      `said: (state, { text, email }: { text: string; email?: string }) => {
         if (text === 'late' && email === undefined) throw new Error('needed');
         (globalThis as { onFold?: () => void }).onFold?.();
         return state;
       },`,
    ),
  );
  // Inserted, and committed only when the plan has been folded: erasing has to wait for it until then.
  const transaction = await database.knex.transaction();
  await new PostgresStore(transaction, { schema: database.schema }).commitEvents([
    anEvent(id, { sequence: 3, type: 'said', body: { text: 'late', email: 'ada@example.org' } }),
  ]);
  let committed: Promise<unknown> | undefined;
  Object.assign(globalThis, { onFold: () => (committed ??= transaction.commit()) });
  t.teardown(() => Reflect.deleteProperty(globalThis, 'onFold'));
  const argv = [
    'erase',
    id.hex,
    ...REASON,
    '--paths',
    '/email',
    '--replace',
    '/email="x"',
    '--execute',
    '--config',
    'racing.ts',
  ];
  const { code, stdout } = await maestro([...argv, '-o', 'json']);
  await committed;
  t.is(code, 0);
  t.like(JSON.parse(stdout), { sequence: 3, events: 3, folds: true });
});
