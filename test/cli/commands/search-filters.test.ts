import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { Timestamp } from '../../../src/hlc/timestamp.js';
import { runCli } from '../../support/cli/cli.js';
import { type TestDatabase, useTemporaryFolder, useTestDatabase } from '../../support/database.js';
import { anEvent, anId } from '../../support/data/factories.js';

const layouts = { plain: useTestDatabase(test), partitioned: useTestDatabase(test, { partitions: 3 }) };
const folder = useTemporaryFolder(test);

const [ada, grace, door] = [anId(), anId(), Timestamp.of({ time: 5, nodeId: 7n })];
const at = (time: number, nodeId: bigint) => Timestamp.of({ time: Date.UTC(2026, 0, 2) + time, nodeId });
const EVENTS = [
  anEvent(ada, { sequence: 1, type: 'opened', body: { owner: 'Ada Lovelace' }, timestamp: at(1, 1n) }),
  anEvent(ada, { sequence: 2, type: 'noted', body: { text: '50% of a_b "c" \\ d\n', n: 5 }, timestamp: at(2, 0xabn) }),
  anEvent(grace, { sequence: 1, type: 'opened', body: { owner: 'Grace' }, timestamp: at(3, 1n) }),
  anEvent(door, { sequence: 1, type: 'turned', body: { by: 'ADA' }, timestamp: at(4, 0xabn) }),
];

test.before(async () => {
  for (const database of Object.values(layouts)) await database.store().commitEvents(EVENTS);
  writeFileSync(
    join(folder, 'maestro.config.ts'),
    `import { defineAggregate } from 'maestro-store';
     const shape = { initialState: () => 0, commands: {}, events: { opened: (n) => n, turned: (n) => n } };
     export default { aggregates: [
       defineAggregate({ name: 'account', ...shape, owns: { firstEvents: ['opened'] } }),
       defineAggregate({ name: 'door', ...shape, owns: { ids: (id) => id.nodeId === 7n } }),
       defineAggregate({ name: 'either', ...shape, owns: { ids: (id) => id.nodeId === 7n, firstEvents: ['opened'] } }),
       defineAggregate({ name: 'unsaid', ...shape }),
     ] };`,
  );
});

function maestro(database: TestDatabase, argv: readonly string[]) {
  return runCli(argv, { cwd: folder, env: { MAESTRO_DATABASE_URL: database.url, MAESTRO_SCHEMA: database.schema } });
}

for (const [layout, database] of Object.entries(layouts)) {
  const found = async (...argv: string[]) => {
    const { stdout, stderr } = await maestro(database, ['search', ...argv, '-o', 'json']);
    if (stdout === '') throw new Error(stderr);
    const events = JSON.parse(stdout) as { timestamp: string }[];
    return events.map((event) => EVENTS.findIndex(({ timestamp }) => timestamp.toString() === event.timestamp));
  };

  test(`search finds a text in bodies, whatever the case, and takes no letter for a wildcard, ${layout} layout`, async (t) => {
    for (const [text, expected] of [
      ['ada lovelace', [0]],
      ['ada', [0, 3]],
      ['50%', [1]],
      ['5%a', []],
      ['a_b', [1]],
      ['a_a', []],
      ['"c" \\ d', [1]],
      ['\n', [1]],
      ['"n": 5', [1]],
      ["'; DROP TABLE", []],
    ] as const)
      t.deepEqual(await found('--text', text), [...expected], text);
    t.is((await maestro(database, ['search', '--text', ''])).code, 2);
  });

  test(`search and aggregates choose by node and by kind of aggregate, ${layout} layout`, async (t) => {
    t.deepEqual(await found('--node', '00000000000000AB'), [1, 3]);
    t.deepEqual(await found('--node', '00000000000000ab', '--type', 'noted'), [1]);
    for (const command of ['search', 'aggregates'])
      for (const node of ['xyz', 'ab', '431707', '000000000000000ab', '']) {
        const { code, stderr } = await maestro(database, [command, '--node', node]);
        t.is(code, 2, node);
        t.regex(stderr, /Write all 16 hex digits of the node, which are the end of a timestamp such as /);
      }
    t.deepEqual(await found('--aggregate', 'account'), [0, 1, 2]);
    t.deepEqual(await found('--aggregate', 'account', '--limit', '2', '--reverse'), [2, 1]);
    t.deepEqual(await found('--aggregate', 'door'), [3]);
    t.deepEqual(await found('--aggregate', 'either', '--limit', '3'), [0, 1, 2]);
    const ids = async (...argv: string[]) =>
      (await maestro(database, ['aggregates', '-q', ...argv])).stdout.split('\n').slice(0, -1).sort();
    const accounts = [ada.hex, grace.hex].sort();
    for (const sort of ['id', 'events', 'last'])
      for (const more of [[], ['--since', '2026-01-01'], ['--type', 'opened']])
        t.deepEqual(
          await ids('--aggregate', 'account', '--sort', sort, ...more),
          accounts,
          `${sort} ${more.join(' ')}`,
        );
    t.deepEqual(await ids('--aggregate', 'door'), [door.hex]);
    t.deepEqual(await ids('--node', '00000000000000ab'), [ada.hex, door.hex].sort());
    t.deepEqual(await ids('--node', '00000000000000ab', '--sort', 'last', '--aggregate', 'account'), [ada.hex]);
    for (const command of ['search', 'aggregates']) {
      const unknown = await maestro(database, [command, '--aggregate', 'acount']);
      t.deepEqual([unknown.code, /Did you mean account\?/.test(unknown.stderr)], [2, true]);
      t.regex(
        (await maestro(database, [command, '--aggregate', 'unsaid'])).stderr,
        /does not say which aggregates belong to it/,
      );
    }
  });

  test(`search -q prints the id of each aggregate once, which events takes, ${layout} layout`, async (t) => {
    const { stdout } = await maestro(database, ['search', '-q']);
    t.is(stdout, `${ada.hex}\n${grace.hex}\n${door.hex}\n`);
    for (const id of stdout.trim().split('\n')) t.is((await maestro(database, ['events', id])).code, 0);
    const two = await maestro(database, ['search', '-q', '--limit', '2']);
    t.is(two.stdout, `${ada.hex}\n${grace.hex}\n`, 'as many aggregates, however many events each has');
    t.regex(two.stderr, /^warning: There are more aggregates/);
  });
}
