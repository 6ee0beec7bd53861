import { stripVTControlCharacters } from 'node:util';
import test from 'ava';
import stringWidth from 'string-width';
import { LEAST_COLUMNS } from '../../../src/cli/output/terminal.js';
import { Timestamp } from '../../../src/hlc/timestamp.js';
import { migrate } from '../../../src/store/migrate/migrator.js';
import { runCli } from '../../support/cli/cli.js';
import { useTestDatabase } from '../../support/database.js';
import { anEvent, anId } from '../../support/data/factories.js';
import { loadElixirFixture } from '../../support/data/elixir-fixture.js';
import { rememberCommands } from '../../support/data/remembered-commands.js';
import { readingCommands, SAMPLE_CORRELATION } from '../../support/cli/sample-commands.js';

const elixir = useTestDatabase(test, { migrated: false });
const ID = '01a207704b0c0000deadbeefcafef00d';

/** Commands that print JSON, SQL or an address as it is, and `step`, which draws its own screen. */
const AS_IT_IS = ['step', 'export', 'migrate sql', 'ui'];
/** Says that there is nothing, on standard error. */
const EMPTY = 'migrate index list';
/** The last lines of these are a body or a state, below an empty line or a brace. */
const WITH_JSON = ['replay', 'snapshot get', 'event'];
const WIDTHS = [0, 1, 10, LEAST_COLUMNS, 40, 80, 300];

let timestamp = '';

test.before(async () => {
  await loadElixirFixture(elixir.knex, elixir.schema);
  await elixir.knex.raw(`DELETE FROM "${elixir.schema}".event_log WHERE sequence = 7`);
  await elixir.store().commitEvents([anEvent(anId(), { metadata: { correlationId: SAMPLE_CORRELATION } })]);
  await elixir.store().commitSnapshot({ aggregateId: Timestamp.parse(ID), sequence: 3, body: { n: 3 } });
  await migrate(elixir.knex, { schema: elixir.schema });
  await rememberCommands(elixir, Timestamp.parse(ID), [
    { commandId: 'ada 7b1e-deposit', days: 2 },
    { commandId: 'c0ffee-'.repeat(28), days: 1, sequence: 2 },
  ]);
  await elixir.knex.raw(
    `INSERT INTO ??.maestro_projections (name, version, kind, status) VALUES ('owners-of-accounts', 1, 'projection', 'live')`,
    [elixir.schema],
  );
  await elixir.knex.raw(
    `INSERT INTO ??.maestro_parked (copy, aggregate_id, sequence, reason, error, attempts, first_failed_at, failed_at, next_try)
SELECT id, ?, 2, 'failed', ?, 7, now(), now(), now() FROM ??.maestro_projections`,
    [elixir.schema, Timestamp.parse(ID).encode(), 'there is no such owner '.repeat(20), elixir.schema],
  );
  timestamp = (await elixir.store().getLastEvent(Timestamp.parse(ID)))?.timestamp.toString() ?? '';
});

function maestro(argv: readonly string[], terminal?: number, env: Record<string, string> = {}) {
  const here = { MAESTRO_DATABASE_URL: elixir.url, MAESTRO_SCHEMA: elixir.schema, ...env };
  return runCli(argv, { env: here, ...(terminal === undefined ? {} : { terminal }) });
}

const commands = Object.entries(readingCommands({ id: ID, timestamp: 'TIMESTAMP', file: '', aggregate: '' }))
  .filter(([name]) => !AS_IT_IS.includes(name) && name !== 'check' && name !== EMPTY && name !== 'snapshot verify')
  .map(([name, argv]) => [name, [...name.split(' '), ...argv]] as const);

for (const [name, words] of commands)
  test(`${name} shows in a terminal of any width what it shows piped, each line within it`, async (t) => {
    const given: Record<string, string> = { TIMESTAMP: timestamp, '$.n == 2': '$.tag == "node two"' };
    const argv = words.map((word) => given[word] ?? word);
    const piped = await maestro(argv);
    for (const width of WIDTHS) {
      const { code, stdout } = await maestro(argv, width);
      t.is(code, piped.code, `${width}`);
      const shown = stripVTControlCharacters(stdout);
      const table = WITH_JSON.includes(name) ? (shown.split(/^(?:\{|$)/m)[0] ?? '') : shown;
      t.not(table.trim(), '');
      const columns = Math.max(width === 0 ? 80 : width, LEAST_COLUMNS);
      for (const line of table.split('\n'))
        t.true(stringWidth(line) <= columns, `${line.length} columns in ${width}: ${line}`);
      // What a row begins with in a pipe is there in every width.
      const firsts = piped.stdout.match(/^(?:[0-9a-f]{16}| +\d+(?= ))/gm) ?? [];
      for (const first of new Set(firsts)) t.true(shown.includes(first.trim()), `${first} in ${width}`);
    }
  });

test('a terminal that does not tell its width is as wide as COLUMNS says, else 80', async (t) => {
  const widest = (text: string) =>
    Math.max(
      ...stripVTControlCharacters(text)
        .split('\n')
        .map((line) => stringWidth(line)),
    );
  const argv = ['events', ID, '--color', 'never'];
  const usual = await maestro(argv, 80);
  t.deepEqual(await maestro(argv, 0), usual);
  t.deepEqual(await maestro(argv, 0, { COLUMNS: '' }), usual);
  t.deepEqual(await maestro(argv, 0, { COLUMNS: 'many' }), usual);
  const wide = await maestro(argv, 0, { COLUMNS: '200' });
  t.true(widest(wide.stdout) > 80);
  t.deepEqual(await maestro(argv, 80, { COLUMNS: '200' }), usual, 'a terminal that tells it knows better');
});

test('help is laid out for the terminal too, and for 80 columns when that does not tell its width', async (t) => {
  const help = (terminal?: number) => maestro(['events', '--help'], terminal);
  t.deepEqual(await help(0), await help());
  t.deepEqual(await help(80), await help());
  const { stdout } = await help(60);
  const options = stdout.slice(stdout.indexOf('Arguments:'), stdout.indexOf('Examples:'));
  for (const line of options.split('\n')) t.true(line.length <= 60, line);
});
