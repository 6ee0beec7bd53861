import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fc, testProp } from '@fast-check/ava';
import test from 'ava';
import { type CliOptions, type CliResult, runCli } from '../../support/cli/cli.js';
import { useTemporaryFolder, useTestDatabase } from '../../support/database.js';
import { anId } from '../../support/data/factories.js';

const database = useTestDatabase(test);
const folder = useTemporaryFolder(test);

/** Numbers as they are written, and as PostgreSQL holds them. */
const NUMBERS: readonly (readonly [written: string, held: string])[] = [
  ['12345678901234567890', '12345678901234567890'],
  ['-9007199254740993', '-9007199254740993'],
  ['1.0', '1.0'],
  ['1.10', '1.10'],
  ['0.1000000000000000055511151231257827', '0.1000000000000000055511151231257827'],
  ['100', '100'],
  ['0', '0'],
  ['0.0', '0.0'],
  ['1e400', `1${'0'.repeat(400)}`],
  ['1.5E+3', '1500'],
  ['1e-7', '0.0000001'],
  ['1E-400', `0.${'0'.repeat(399)}1`],
];

function maestro(argv: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  const env = { MAESTRO_DATABASE_URL: database.url, MAESTRO_SCHEMA: database.schema };
  return runCli(argv, { cwd: folder, env, ...options });
}

/** A body with these numbers, as somebody might write it. */
function body(numbers: readonly string[]): string {
  return `{ "list" : [${numbers.join(' , ')}] }`;
}

/** The same body as PostgreSQL prints it. */
function heldBody(numbers: readonly string[]): string {
  return `{"list": [${numbers.join(', ')}]}`;
}

async function bodiesOf(id: string): Promise<string[]> {
  const { stdout } = await maestro(['events', id, '-o', 'ndjson']);
  const lines = stdout.split('\n').slice(0, -1);
  const json = await maestro(['events', id, '-o', 'json']);
  if (json.stdout !== `[\n${lines.join(',\n')}\n]\n`) throw new Error('json and ndjson differ');
  return lines.map((line) => line.replace(/^.*?"body":/, '').slice(0, -1));
}

test('numbers of --body, of a file and of standard input come out of events digit for digit', async (t) => {
  const id = anId().hex;
  const written = body(NUMBERS.map(([number]) => number));
  const line = `{"type": "counted", "body": ${written}}\n`;
  writeFileSync(join(folder, 'events.ndjson'), line);

  await maestro(['append', id, '--type', 'counted', '--body', written]);
  await maestro(['append', id, '--file', 'events.ndjson']);
  await maestro(['append', id, '--file', '-'], { stdin: line });

  const held = heldBody(NUMBERS.map(([, number]) => number));
  t.deepEqual(await bodiesOf(id), [held, held, held]);
  t.true((await maestro(['events', id])).stdout.includes(held), 'in a table too');
});

test('1e400 comes out with its 401 digits', async (t) => {
  const { stdout } = await maestro(['append', 'new', '--type', 'grown', '--body', '{"n": 1e400}', '-q']);
  const [digits = ''] = /\d{100,}/.exec((await bodiesOf(stdout.trim()))[0] ?? '') ?? [];
  t.is(digits.length, 401);
});

test('replay keeps every digit of what it merges', async (t) => {
  const id = anId().hex;
  const numbers = NUMBERS.map(([number]) => number);
  await maestro(['append', id, '--type', 'a', '--body', '{"list": [0.30], "kept": {"big": 12345678901234567890}}']);
  await maestro(['append', id, '--type', 'b', '--body', body(numbers)]);

  const { stdout } = await maestro(['replay', id, '-o', 'json']);
  const held = NUMBERS.map(([, number]) => number).join(',');
  t.true(stdout.endsWith(`"state":{"kept":{"big":12345678901234567890},"list":[${held}]}}\n`), stdout);

  const table = await maestro(['replay', id]);
  for (const [, number] of NUMBERS) t.regex(table.stdout, new RegExp(`^ +${number.replace('.', '\\.')},?$`, 'm'));
});

test('a snapshot keeps every digit', async (t) => {
  const id = anId().hex;
  await maestro(['append', id, '--type', 'a', '--body', '{}']);
  await maestro(['append', id, '--type', 'b', '--body', '{}']);
  const held = heldBody(NUMBERS.map(([, number]) => number));
  writeFileSync(join(folder, 'state.json'), body(NUMBERS.map(([number]) => number)));

  const written = body(NUMBERS.map(([number]) => number));
  await maestro(['snapshot', 'put', id, '--sequence', '1', '--body', written]);
  const first = await maestro(['snapshot', 'get', id, '-o', 'json']);
  t.is(first.stdout, `{"aggregateId":"${id}","sequence":1,"body":${held}}\n`);

  await maestro(['snapshot', 'put', id, '--sequence', '2', '--file', 'state.json']);
  t.true((await maestro(['snapshot', 'get', id])).stdout.endsWith(`\n${held}\n`));
});

const digits = fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: 1, maxLength: 40 });
const decimals = fc
  .tuple(fc.constantFrom('', '-'), digits, fc.option(digits, { nil: undefined }))
  .map(([sign, integer, fraction]) => [sign, integer.replace(/^0+(?=\d)/, ''), fraction] as const)
  .map(([sign, integer, fraction]) => `${sign}${integer}${fraction === undefined ? '' : `.${fraction}`}`)
  .filter((number) => /[1-9]/.test(number) || !number.startsWith('-'));

testProp(
  'any decimal number comes back as it was written',
  [fc.array(decimals, { minLength: 1, maxLength: 30 })],
  async (t, numbers) => {
    const id = anId().hex;
    await maestro(['append', id, '--type', 'counted', '--body', body(numbers)]);
    t.deepEqual(await bodiesOf(id), [heldBody(numbers)]);
    const { stdout } = await maestro(['replay', id, '-o', 'json']);
    t.true(stdout.endsWith(`"state":{"list":[${numbers.join(',')}]}}\n`), stdout);
  },
  { numRuns: 4 },
);
