import test from 'ava';
import { type CliResult, runCli } from '../support/cli.js';
import { aSchemaName, useTestDatabase } from '../support/database.js';
import { anId } from '../support/factories.js';

const database = useTestDatabase(test);

/** Text that would move the cursor, rename the window, write the clipboard, forge lines or turn the reading order. */
const HOSTILE: readonly string[] = [
  '\u001b[2J', // clears the screen
  '\u001b[1A\u001b[2K', // wipes the line above
  '\u001b[31mred',
  '\u001b[8mhidden',
  '\u001bc', // resets the terminal
  '\u001b]0;title\u0007',
  '\u001b]8;;https://example.com\u0007link\u001b]8;;\u0007',
  '\u001b]52;c;cm0gLXJmIC8=\u0007', // writes the clipboard
  '\u001bP1$r\u001b\\',
  '\u001b_payload\u001b\\',
  '\u001b^payload\u001b\\',
  '\u009b2J', // the same as ESC [ in one character
  '\u009d52;c;cm0gLXJmIC8=\u009c',
  '\u0090q\u009c',
  '\u0085', // next line
  '\u0084\u008d',
  '\r       9  forged',
  'shown\b\b\b\b\bforged',
  '\u007f\u007f\u007f',
  '\n       9  forged',
  '\t\t\tfar',
  '\u000b\u000c',
  '\u0007\u0007',
  '\u000e\u000f', // other character sets
  '\u0011\u0013', // flow control
  '\u0018\u001a',
  '\u0001\u0002\u0003\u0004',
  '\u202egnp.exe',
  '\u202a\u202b\u202c\u202d\u202e',
  '\u2066\u2067\u2068\u2069',
  '\u200e\u200f',
  '\u061c',
  '\u206a\u206f',
  '\u{e0001}\u{e0041}\u{e007f}', // tags
  '\u2028line\u2029paragraph',
  'pass\u00adword',
  'a\u200bb\u2060c\ufeffd',
  '\ufff9\ufffa\ufffb',
  '\\u001b[2J and \\\\u009b', // what already looks like an escape
  '"quoted\\" \u001b[0m "',
];

/** Whatever a terminal acts on, but for the line feeds that end a line. */
const RAW = new RegExp(
  '[\\u{0}-\\u{9}\\u{b}-\\u{1f}\\u{7f}-\\u{9f}\\u{ad}\\u{61c}\\u{200b}\\u{200e}\\u{200f}\\u{2028}-\\u{202e}' +
    '\\u{2060}-\\u{206f}\\u{feff}\\u{fff9}-\\u{fffb}\\u{e0000}-\\u{e007f}]',
  'u',
);

const id = anId();
const bodies = HOSTILE.map((text) => ({ text, list: [text], nested: { [text]: text } }));
const state = { ...bodies[0], texts: HOSTILE, ...Object.fromEntries(HOSTILE.map((text) => [text, text])) };

const COMMANDS: Readonly<Record<string, readonly string[]>> = {
  events: ['events', id.hex],
  replay: ['replay', id.hex],
  'snapshot get': ['snapshot', 'get', id.hex],
};

function maestro(argv: readonly string[], terminal?: number, schema = database.schema): Promise<CliResult> {
  const env = { MAESTRO_DATABASE_URL: database.url, MAESTRO_SCHEMA: schema };
  return runCli([...argv, '--color', 'never'], { env, ...(terminal === undefined ? {} : { terminal }) });
}

test.before(async () => {
  // Past the store, which would refuse such types.
  for (const [index, text] of HOSTILE.entries())
    await database.knex.raw(`INSERT INTO "${database.schema}".event_log VALUES (?, ?, ?, ?, ?)`, [
      anId().encode(),
      id.encode(),
      index + 1,
      text,
      JSON.stringify(bodies[index]),
    ]);
  await database.knex.raw(`INSERT INTO "${database.schema}".snapshots VALUES (?, ?, ?)`, [
    id.encode(),
    1,
    JSON.stringify(state),
  ]);
});

for (const [name, argv] of Object.entries(COMMANDS)) {
  for (const format of ['table', 'json', 'ndjson']) {
    test(`${name} -o ${format} lets no stored text act on a terminal`, async (t) => {
      for (const columns of [40, 100, 100_000]) {
        const { code, stdout, stderr } = await maestro([...argv, '-o', format], columns);
        t.is(code, 0);
        for (const line of stdout.split('\n')) t.notRegex(line, RAW, JSON.stringify(line));
        t.notRegex(stderr.replaceAll('\n', ''), RAW);
      }
    });
  }

  test(`${name} as json means the same in a terminal and piped`, async (t) => {
    const shown = await maestro([...argv, '-o', 'json'], 80);
    const piped = await maestro([...argv, '-o', 'json']);
    t.deepEqual(JSON.parse(shown.stdout), JSON.parse(piped.stdout));
  });
}

test('a table has one line per event, whatever is stored', async (t) => {
  for (const columns of [40, 100, undefined]) {
    const { stdout } = await maestro(['events', id.hex], columns);
    t.is(stdout.split('\n').length, 1 + HOSTILE.length + 1);
  }
});

test('a piped table is as safe as one in a terminal', async (t) => {
  for (const argv of Object.values(COMMANDS)) {
    const { stdout } = await maestro(argv);
    t.notRegex(stdout.replaceAll('\n', ''), RAW);
  }
});

test('piped json passes every text through as it is stored', async (t) => {
  const events = (await maestro(['events', id.hex, '-o', 'ndjson'])).stdout.trimEnd().split('\n');
  t.deepEqual(
    events.map((line) => JSON.parse(line)).map(({ type, body }) => ({ type, body })),
    HOSTILE.map((type, index) => ({ type, body: bodies[index] })),
  );
  const expected = await database.knex.raw<{ rows: { body: string }[] }>(
    `SELECT body::text FROM "${database.schema}".event_log WHERE aggregate_id = ? ORDER BY sequence`,
    [id.encode()],
  );
  t.deepEqual(
    events.map((line) => line.slice(line.indexOf('"body":') + 7, -1)).slice(0, 5),
    expected.rows.map(({ body }) => body).slice(0, 5),
  );
  const snapshot = JSON.parse((await maestro(['snapshot', 'get', id.hex, '-o', 'json'])).stdout);
  t.deepEqual(snapshot.body, JSON.parse(JSON.stringify(state)));
});

test('-q prints nothing but ids', async (t) => {
  for (const argv of Object.values(COMMANDS)) {
    const { stdout } = await maestro([...argv, '-q'], 80);
    t.regex(stdout, /^[0-9A-Za-z:.\-\n]+$/);
  }
});

test('names in the catalog and steps in the bookkeeping are stored text too', async (t) => {
  const schema = aSchemaName();
  await maestro(['migrate'], undefined, schema);
  await database.knex.raw(`ALTER TABLE "${schema}".snapshots ADD COLUMN "\u001b[2J\u202e" integer`);
  await database.knex.raw(`INSERT INTO "${schema}".maestro_migrations (name, batch) VALUES (?, 7)`, [
    '\u009b2J\u202e\u001b]52;c;x\u0007',
  ]);
  try {
    for (const argv of [['migrate', 'status'], ['migrate'], ['migrate', 'sql'], ['migrate', 'status', '-q']])
      for (const format of ['table', 'json']) {
        const { stdout, stderr } = await maestro([...argv, '-o', format], 80, schema);
        t.notRegex(stdout.replaceAll('\n', ''), RAW, `${argv.join(' ')} -o ${format}`);
        t.notRegex(stderr.replaceAll('\n', ''), RAW, `${argv.join(' ')} -o ${format}`);
      }
  } finally {
    await database.knex.raw(`DROP SCHEMA "${schema}" CASCADE`);
  }
});

test('what was typed comes back escaped in the error about it', async (t) => {
  for (const text of HOSTILE.filter((candidate) => RAW.test(candidate)))
    for (const format of ['table', 'json'])
      for (const argv of [[text], ['events', text], ['append', 'new', '--type', 'a', '--body', text]]) {
        const { code, stderr } = await maestro([...argv, '-o', format], 80);
        t.is(code, 2);
        t.notRegex(stderr.replaceAll('\n', ''), RAW, JSON.stringify(stderr));
      }
});
