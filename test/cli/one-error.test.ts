import test from 'ava';
import { aContext } from '../../scripts/support/program.js';
import { runCli } from '../support/cli/cli.js';
import { Remarks } from '../../src/cli/output/remarks.js';
import { aSchemaName, useTestDatabase } from '../support/database.js';
import { readingCommands } from '../support/cli/sample-commands.js';
import { aHistory, anId } from '../support/data/factories.js';

const database = useTestDatabase(test);
const HERE = ['--url', database.url, '--schema', database.schema];
/** Nobody listens there, and by its name it is another machine, so that a warning comes before the error. */
const FAR = 'postgres://ada@far.example:1/shop?hostaddr=127.0.0.1';
const UNENCRYPTED = /^The connection to far\.example is not encrypted/;
const FORMATS = ['json', 'ndjson'] as const;

interface Reported {
  readonly error: { readonly code: string; readonly partial?: boolean; readonly warnings?: readonly string[] };
}

test('for programs an error is one JSON object, which has the warnings, and is not partial when nothing was printed', async (t) => {
  const named = { id: anId().hex, timestamp: aHistory(anId(), 1)[0]?.timestamp.toString() ?? '', file: 'none.ndjson' };
  for (const format of FORMATS)
    for (const [words, argv] of Object.entries(readingCommands({ ...named, aggregate: 'none' }))) {
      const { code, stdout, stderr } = await runCli([...words.split(' '), ...argv, '--url', FAR, '-o', format]);
      if (code === 2) continue;
      if (words === 'doctor') continue;
      t.deepEqual([code, stdout], [4, ''], `${words}: ${stderr}`);
      const { error } = JSON.parse(stderr) as Reported;
      t.deepEqual([error.code, error.partial], ['MAESTRO_UNREACHABLE', undefined], words);
      t.regex(error.warnings?.join('\n') ?? '', UNENCRYPTED, words);
    }
});

test('an error without warnings has none, and a table has them in lines before it', async (t) => {
  const { stderr } = await runCli(['events', anId().hex, ...HERE, '-o', 'json']);
  t.deepEqual(Object.keys((JSON.parse(stderr) as Reported).error), ['code', 'message', 'hint']);
  const table = await runCli(['stats', '--url', FAR]);
  t.regex(table.stderr, /^warning: The connection to far\.example .*\nerror: /);
});

test('what does not fail says warnings and notes in lines when it has ended', async (t) => {
  const events = aHistory(anId(), 1);
  await database.store().commitEvents(events);
  const { code, stdout, stderr } = await runCli(['search', '--type', 'hapened', ...HERE, '-o', 'json']);
  t.deepEqual([code, stdout], [0, '[]\n']);
  t.regex(stderr, /^warning: No event has the type "hapened"\..*\nnote: no event was found\n$/);
});

test('what is held back is said when the process is ended, and only once', async (t) => {
  let said = '';
  let end = () => {};
  const stderr = { ...aContext().stderr, write: async (text: string) => void (said += text) };
  const context = aContext({ stderr, onExit: (cleanUp) => ((end = cleanUp), () => (end = () => {})) });
  const remarks = new Remarks(context, true);
  await remarks.say({ kind: 'warning', text: 'one' });
  await remarks.say({ kind: 'note', text: 'two' });
  t.is(said, '');
  end();
  t.is(said, 'warning: one\nnote: two\n');
  await remarks.tell();
  end();
  t.is(said, 'warning: one\nnote: two\n');
});

test('what fails before there is any finding prints no half of a document', async (t) => {
  const schema = aSchemaName();
  for (const argv of [['verify'], ['verify', '--since', '1h']]) {
    const { code, stdout, stderr } = await runCli([...argv, '--url', database.url, '--schema', schema, '-o', 'json']);
    t.deepEqual([code, stdout], [2, ''], argv.join(' '));
    t.like(JSON.parse(stderr), { error: { code: 'MAESTRO_NOT_MIGRATED', partial: undefined } });
  }
});

test('wrong usage of a command names the help of that command', async (t) => {
  for (const [argv, help] of [
    [['snapshot', 'delete'], 'maestro snapshot delete --help'],
    [['events'], 'maestro events --help'],
    [['snapshot', 'get', '-o', 'table'], 'maestro snapshot get --help'],
    [['--nothing'], 'maestro --help'],
  ] as const) {
    const { code, stderr } = await runCli(argv);
    t.is(code, 2);
    t.true(stderr.includes(`hint: See \`${help}\``), stderr);
  }
});

test('for programs a missing command, and a script for a shell, are errors like others', async (t) => {
  for (const format of FORMATS)
    for (const words of [[], ['snapshot'], ['id'], ['completion', 'bash']]) {
      const { code, stdout, stderr } = await runCli([...words, '-o', format]);
      t.deepEqual([code, stdout], [2, ''], words.join(' '));
      t.like(JSON.parse(stderr), { error: { code: 'MAESTRO_USAGE' } }, words.join(' '));
    }
  t.regex((await runCli([])).stderr, /^Usage: maestro/);
});
