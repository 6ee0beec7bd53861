import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { Timestamp } from '../../../src/hlc/timestamp.js';
import { shortTime } from '../../../src/cli/render/local-time.js';
import { type CliResult, runCli } from '../../support/cli/cli.js';
import { type TestDatabase, useTemporaryFolder, useTestDatabase } from '../../support/database.js';
import { anEvent, anId } from '../../support/data/factories.js';

const layouts = { plain: useTestDatabase(test), partitioned: useTestDatabase(test, { partitions: 4 }) };
const empty = useTestDatabase(test);
const folder = useTemporaryFolder(test);

/** The first time of the log; its events follow each other by a second. */
const START = Date.UTC(2026, 0, 2, 12);
/** The events of each of three aggregates. */
const HISTORIES = [
  ['opened', 'withdrawn', 'money_withdrawn'],
  ['opened', 'withdrawn', 'withdrawn'],
  ['opened', 'lost & found'],
];

test.before(async () => {
  const account = (aliases: string) => `defineAggregate({ name: 'account', initialState: () => 0, commands: {},
    events: { opened: (n) => n, money_withdrawn: (n) => n }, aliases: ${aliases} })`;
  const purse = `defineAggregate({ name: 'purse', initialState: () => 0, commands: {}, events: { opened: (n) => n } })`;
  const write = (file: string, ...definitions: readonly string[]) =>
    writeFileSync(
      join(folder, file),
      `import { defineAggregate } from 'maestro-store';\nexport default { aggregates: [${definitions.join(', ')}] };`,
    );
  write('maestro.config.ts', account("{ money_withdrawn: ['withdrawn'] }"), purse);
  write('complete.ts', account("{ money_withdrawn: ['withdrawn', 'lost & found', 'never stored'] }"));
  writeFileSync(join(folder, 'none.json'), '{}');
  for (const database of Object.values(layouts)) {
    let seconds = 0;
    for (const types of HISTORIES) {
      const id = anId();
      const events = types.map((type, index) =>
        anEvent(id, {
          sequence: index + 1,
          type,
          timestamp: Timestamp.of({ time: START + 1000 * seconds++, counter: 0, nodeId: 7n }),
        }),
      );
      await database.store().commitEvents(events);
    }
  }
});

function maestro(database: TestDatabase, ...argv: string[]): Promise<CliResult> {
  const env = { MAESTRO_DATABASE_URL: database.url, MAESTRO_SCHEMA: database.schema };
  return runCli(['types', ...argv], { env, cwd: folder });
}

const at = (seconds: number) => START + 1000 * seconds;
const time = (seconds: number) => shortTime(at(seconds));
const EXPECTED = [
  {
    type: 'opened',
    events: 3,
    firstTime: at(0),
    lastTime: at(6),
    handledBy: [
      { aggregate: 'account', as: 'opened' },
      { aggregate: 'purse', as: 'opened' },
    ],
  },
  {
    type: 'withdrawn',
    events: 3,
    firstTime: at(1),
    lastTime: at(5),
    handledBy: [{ aggregate: 'account', as: 'money_withdrawn' }],
  },
  { type: 'lost & found', events: 1, firstTime: at(7), lastTime: at(7), handledBy: [] },
  {
    type: 'money_withdrawn',
    events: 1,
    firstTime: at(2),
    lastTime: at(2),
    handledBy: [{ aggregate: 'account', as: 'money_withdrawn' }],
  },
];
const UNHANDLED = 'note: no configured definition handles 1 of 4 types\n';
const UNCONFIGURED = 'note: no aggregates are configured, so it is not known what handles a type\n';

for (const [layout, database] of Object.entries(layouts)) {
  test(`every stored type is listed with its numbers and what handles it, ${layout} layout`, async (t) => {
    const document = await maestro(database, '-o', 'json');
    t.deepEqual(JSON.parse(document.stdout), EXPECTED);
    const lines = (await maestro(database, '-o', 'ndjson')).stdout.trimEnd().split('\n');
    t.deepEqual(
      lines.map((line) => JSON.parse(line) as unknown),
      EXPECTED,
    );
    const table = await maestro(database);
    t.deepEqual(table.stdout.replaceAll(/ {2,}/g, '  ').split('\n').slice(0, -1), [
      'TYPE  EVENTS  FIRST  LAST  HANDLED BY',
      `opened  3  ${time(0)}  ${time(6)}  account, purse`,
      `withdrawn  3  ${time(1)}  ${time(5)}  account as money_withdrawn`,
      `lost & found  1  ${time(7)}  ${time(7)}  (none)`,
      `money_withdrawn  1  ${time(2)}  ${time(2)}  account`,
    ]);
    for (const { code, stderr } of [document, table]) t.deepEqual([code, stderr], [0, UNHANDLED]);
    t.is((await maestro(database, '-q')).stdout, 'opened\nwithdrawn\nlost & found\nmoney_withdrawn\n');
  });

  test(`--exit-code tells whether a definition handles every type, ${layout} layout`, async (t) => {
    t.like(await maestro(database, '--exit-code'), { code: 1, stderr: UNHANDLED });
    t.like(await maestro(database, '--exit-code', '--config', 'complete.ts'), { code: 0, stderr: '' });
  });
}

test('without configured aggregates types are listed, and it is said that nobody knows what handles them', async (t) => {
  const { code, stdout, stderr } = await maestro(layouts.plain, '--config', 'none.json');
  t.deepEqual([code, stderr], [0, UNCONFIGURED]);
  t.regex(stdout, /^TYPE +EVENTS +FIRST +LAST\n/);
  const json = JSON.parse((await maestro(layouts.plain, '--config', 'none.json', '-o', 'json')).stdout) as object[];
  t.like(json[0], { type: 'opened', handledBy: null });
  const refused = await maestro(layouts.plain, '--config', 'none.json', '--exit-code');
  t.deepEqual([refused.code, refused.stdout], [2, '']);
  t.regex(
    refused.stderr,
    /^error: --exit-code needs the handlers of aggregates, but none are configured\.\nhint: List/,
  );
});

test('an empty log has no types, and nothing that is not handled', async (t) => {
  const { code, stdout, stderr } = await maestro(empty, '--exit-code');
  t.deepEqual([code, stdout], [0, '']);
  t.regex(stderr, /^note: the log in schema \w+ has no events/);
  t.is((await maestro(empty, '-o', 'json')).stdout, '[]\n');
});
