import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { Timestamp } from '../../../src/hlc/timestamp.js';
import { type CliResult, runCli } from '../../support/cli/cli.js';
import { type TestDatabase, useTemporaryFolder, useTestDatabase } from '../../support/database.js';
import { notAmong, OF_PROJECTIONS, WITHOUT_DATABASE } from '../../support/cli/sample-commands.js';
import { anEvent } from '../../support/data/factories.js';
import { isFull } from '../../support/figures.js';

const layouts = { plain: useTestDatabase(test), partitioned: useTestDatabase(test, { partitions: 4 }) };

const folder = useTemporaryFolder(test);
const config = join(folder, 'maestro.config.ts');
writeFileSync(
  config,
  `import { defineAggregate } from 'maestro-store';
   export default { aggregates: [defineAggregate({ name: 'tally', initialState: () => ({}), commands: {},
     events: { happened: (state, body) => ({ ...state, ...(body as object) }) }, owns: { firstEvents: ['happened'] } })] };`,
);

const ADA = Timestamp.parse('01a2077042bc0000deadbeefcafef00d');
const GRACE = Timestamp.parse('01a2077042bc0001deadbeefcafef00d');
/** Many that begin alike. */
const CROWD = Array.from({ length: 12 }, (_, index) =>
  Timestamp.parse(`02bb00000000000${index.toString(16)}0000000000000000`),
);
/** Has a snapshot and no events. */
const BARE = Timestamp.parse('03cc0000000000000000000000000000');
const stamp = (time: number) => Timestamp.of({ time: Date.UTC(2026, 10, 22) + time, nodeId: 0xabcn });

test.before(async () => {
  for (const database of Object.values(layouts)) {
    const store = database.store();
    await store.commitEvents([
      anEvent(ADA, { sequence: 1, timestamp: stamp(1), body: { owner: 'Ada' } }),
      anEvent(ADA, { sequence: 2, timestamp: stamp(2) }),
      anEvent(GRACE, { sequence: 1, timestamp: stamp(3) }),
      ...CROWD.map((id, index) => anEvent(id, { sequence: 1, timestamp: stamp(100 + index) })),
    ]);
    await store.commitSnapshot({ aggregateId: ADA, sequence: 1, body: { owner: 'Ada' } });
    await store.commitSnapshot({ aggregateId: BARE, sequence: 1, body: {} });
  }
});

function maestro(database: TestDatabase, ...argv: string[]): Promise<CliResult> {
  return runCli(argv, { env: { MAESTRO_DATABASE_URL: database.url, MAESTRO_SCHEMA: database.schema } });
}

/** Ways to write the beginning of an id. */
const SPELLINGS = [
  '01a2077042bc0000',
  '\\x01A2077042BC0000',
  '01a20770-42bc-0000',
  '01a2077042bc0000…',
  '01a2077042bc0000...',
];

/** Every command that takes an id, without the words `maestro` and the id, which is put behind the first ones. */
const READING: readonly (readonly [before: readonly string[], behind?: readonly string[], code?: number])[] = [
  [['events']],
  [['replay']],
  [['replay'], ['--steps']],
  [['diff'], ['0', '1'], 1],
  [['bisect'], ['--where', '$.owner == "Ada"']],
  [['event'], ['1']],
  [['snapshot', 'get']],
  [
    ['snapshot', 'verify'],
    ['--config', config],
  ],
  [
    ['snapshot', 'delete'],
    ['--reason', 'a test'],
  ],
  [['tail']],
  [['verify']],
  [['export']],
  [['erase'], ['--reason', 'a test']],
  [['commands', 'list']],
];
const WRITING: typeof READING = [
  [['append'], ['--type', 'happened', '--body', '{}']],
  [
    ['snapshot', 'put'],
    ['--sequence', '2', '--body', '{}'],
  ],
  [
    ['snapshot', 'create'],
    ['--aggregate', 'tally', '--config', config],
  ],
];
/** Commands without the id of an aggregate, or with one that has to be there in full (`id show`), and `step`, which is for people. */
const OTHERS = [
  ...['step', 'aggregates', 'search', 'trace', 'stats', 'types', 'check', 'migrate status', 'migrate sql'],
  ...['migrate index list', 'projections status', 'doctor', 'ui', 'migrate up', 'import', 'commands prune'],
  ...['migrate index add', 'migrate index drop', 'migrate layout', 'migrate rollback'],
  ...OF_PROJECTIONS,
  ...WITHOUT_DATABASE,
];

test('the commands that are tried are all that take an id', (t) => {
  t.deepEqual(notAmong([...READING, ...WRITING].map(([before]) => before)), OTHERS);
});

for (const [layout, database] of Object.entries(layouts)) {
  test(`every command that takes an id takes the beginning of one, and says which it is, ${layout} layout`, async (t) => {
    for (const [index, [before, behind = [], expected = 0]] of READING.entries()) {
      const whole = await maestro(database, ...before, ADA.hex, ...behind);
      t.is(whole.code, expected, whole.stderr);
      // The first command takes every spelling, the others one of them, and another one in the other layout; in full, all take all.
      const turn = (index + Object.keys(layouts).indexOf(layout)) % SPELLINGS.length;
      for (const text of isFull || index === 0 ? SPELLINGS : SPELLINGS.slice(turn, turn + 1)) {
        const { code, stdout, stderr } = await maestro(database, ...before, text, ...behind);
        t.deepEqual([code, stdout], [whole.code, whole.stdout], [...before, text].join(' '));
        t.true(stderr.startsWith(`note: 01a2077042bc0000 is ${ADA.hex}\n`), stderr);
      }
    }
    const bare = await maestro(database, 'snapshot', 'get', '03cc', '-q');
    t.deepEqual(bare, { code: 0, stdout: `${BARE.hex}\n`, stderr: '' });
  });

  test(`several that begin so are refused and named, none exits 3, ${layout} layout`, async (t) => {
    for (const [before, behind = []] of [...READING, ...WRITING]) {
      const several = await maestro(database, ...before, '01a2', ...behind);
      t.deepEqual([several.code, several.stdout], [2, '']);
      t.is(
        several.stderr,
        `error: 2 aggregate ids begin with 01a2:\n  ${ADA.hex}  last event 2 happened\n` +
          `  ${GRACE.hex}  last event 1 happened\nhint: Write all digits of one of them, or more of its first digits.\n`,
      );
      const none = await maestro(database, ...before, 'ffff', ...behind);
      t.deepEqual([none.code, none.stdout], [3, ''], before.join(' '));
      t.regex(none.stderr, /^error: No aggregate has an id that begins with ffff\.\nhint: .*maestro aggregates/);
    }
    const crowd = await maestro(database, 'events', '02bb');
    t.regex(
      crowd.stderr,
      /^error: More than 10 aggregate ids begin with 02bb:\n(?: {2}02bb[0-9a-f]{28} {2}last event 1 happened\n){10} {2}and more\nhint: /,
    );
  });

  test(`a command that writes tells the whole id, and erase --execute demands it, ${layout} layout`, async (t) => {
    const id = Timestamp.of({ time: 0x04_dd_00_00_00_00, counter: layout.length, nodeId: 1n });
    await database.store().commitEvents([anEvent(id)]);
    for (const [before, behind = []] of WRITING.map(
      ([words, rest]) => [words, rest?.map((word) => (word === '2' ? '1' : word))] as const,
    )) {
      const { code, stderr } = await maestro(database, ...before, '04dd', ...behind);
      t.deepEqual([code, stderr], [0, `note: 04dd is ${id.hex}\n`]);
    }
    const refused = await maestro(database, 'erase', '04dd', '--reason', 'a test', '--execute');
    t.is(refused.code, 2);
    t.regex(refused.stderr, /--execute needs the whole id/);
    t.is((await database.store().getEvents(id, 1)).length, 2);
  });

  test(`a timestamp where an id belongs, and an id where a timestamp belongs, lead to what was meant, ${layout} layout`, async (t) => {
    const timestamp = stamp(2).toString();
    for (const argv of [
      ['events', timestamp],
      ['replay', timestamp],
      ['snapshot', 'get', timestamp],
      ['export', timestamp],
      ['append', timestamp, '--type', 'happened', '--body', '{}'],
    ]) {
      const { code, stderr } = await maestro(database, ...argv);
      t.is(code, 3, argv.join(' '));
      t.true(
        stderr.includes(
          `timestamp of event 2 of another aggregate: see \`maestro event ${timestamp}\`, or \`maestro events ${ADA.hex}\`.`,
        ),
        stderr,
      );
    }
    const event = await maestro(database, 'event', ADA.hex);
    t.is(event.code, 3);
    t.true(
      event.stderr.includes(
        `see \`maestro events ${ADA.hex}\`, or its last event with \`maestro event ${ADA.hex} 2\`.`,
      ),
      event.stderr,
    );
    t.regex((await maestro(database, 'event', '01a20770')).stderr, new RegExp(`see \`maestro events ${ADA.hex}\``));
    t.regex(
      (await maestro(database, 'events', stamp(2).hex.slice(0, 14))).stderr,
      /see `maestro event 2026-11-22T00:00:00\.002Z-/,
    );
  });

  test(`an event is found by its aggregate and sequence, or by the beginning of its timestamp, ${layout} layout`, async (t) => {
    const whole = await maestro(database, 'event', stamp(2).toString());
    t.deepEqual(await maestro(database, 'event', ADA.hex, '2'), whole);
    t.is((await maestro(database, 'event', stamp(2).hex.slice(0, 12))).stdout, whole.stdout);
    const begin = stamp(1).hex.slice(0, 11);
    const several = await maestro(database, 'event', begin);
    t.deepEqual([several.code, several.stdout], [2, '']);
    t.true(
      several.stderr.startsWith(
        `error: 3 timestamps of events begin with ${begin}:\n  ${stamp(1).hex}  happened, 1 of 01a2077042bc0000…\n`,
      ),
      several.stderr,
    );
    const beyond = await maestro(database, 'event', ADA.hex, '3');
    t.is(beyond.code, 3);
    t.regex(beyond.stderr, new RegExp(`no event 3 of ${ADA.hex}\\.\nhint: .*maestro event ${ADA.hex} 2`));
  });
}

test('the id of the aggregate where a time is wanted is refused, and leads to its events', async (t) => {
  for (const argv of [
    ['replay', ADA.hex, '--at', ADA.hex],
    ['replay', ADA.hex, '--at', ADA.toString(), '--steps'],
    ['diff', ADA.hex, ADA.hex, 'last'],
  ]) {
    const { code, stdout, stderr } = await maestro(layouts.plain, ...argv);
    t.deepEqual([code, stdout], [2, ''], stderr);
    t.regex(
      stderr,
      new RegExp(`^error: A time is expected, but the id of the aggregate .*\nhint: .*\`maestro events ${ADA.hex}\``),
    );
  }
});

test('what is no id is refused before a database is opened; a time leads to search', async (t) => {
  for (const [text, reason] of [
    ['yesterday 14:34', /To find the events of a time, run `maestro search --since "yesterday 14:34"`/],
    ['2026-11-22', /run `maestro search --since 2026-11-22`/],
    ['abc', /at least its first 4 digits/],
    ['01a2077042bc0000deadbeefcafef00d0', /Write 32 hex digits/],
    ['01a2-0770', /Write 32 hex digits/],
    ['xyz1', /Write 32 hex digits/],
  ] as const)
    for (const command of ['events', 'event', 'replay', 'verify', 'export']) {
      const { code, stderr } = await runCli([command, text], { env: { MAESTRO_DATABASE_URL: 'nonsense' } });
      t.is(code, 2);
      t.regex(stderr, reason);
    }
});
