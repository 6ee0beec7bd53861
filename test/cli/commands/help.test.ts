import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import type { Command } from 'commander';
import { aProgram } from '../../../scripts/support/program.js';
import { runCli } from '../../support/cli/cli.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** Every command as it is typed, from `maestro` itself down. */
const COMMANDS = pathsOf(aProgram());
const GROUPS = COMMANDS.filter((path) =>
  COMMANDS.some((other) => other.length > path.length && path.every((word, index) => other[index] === word)),
);

test('the commands are those that people are told of', (t) => {
  const words = COMMANDS.map((path) => path.join(' '));
  for (const command of [
    'migrate up',
    'migrate status',
    'migrate sql',
    'migrate rollback',
    'append',
    'events',
    'replay',
    'snapshot get',
    'snapshot put',
    'id new',
    'id show',
    'aggregates',
    'search',
    'event',
    'tail',
    'diff',
    'step',
    'bisect',
    'stats',
    'verify',
    'snapshot verify',
    'snapshot delete',
    'check',
    'export',
    'import',
    'erase',
    'doctor',
    'completion',
  ])
    t.true(words.includes(command), command);
});

for (const path of COMMANDS) {
  test(`maestro ${path.join(' ')} --help shows how it is used, with an example`, async (t) => {
    for (const flag of ['--help', '-h']) {
      const { code, stdout, stderr } = await runCli([...path, flag]);
      t.deepEqual([code, stderr], [0, '']);
      t.true(stdout.startsWith(`Usage: ${['maestro', ...path].join(' ')} `), stdout);
      // What is told of it begins with the second paragraph, before its arguments and options.
      t.regex(stdout.split('\n\n')[1] ?? '', /^(?!\w+:\n)[A-Z][^]*\.$/, 'it is described');
      t.true(examplesIn(stdout).length > 0, 'there is an example');
      t.true(
        examplesIn(stdout).every((words) => path.every((word, index) => words[index] === word)),
        'of this command',
      );
    }
  });
}

test('maestro help <command> shows the same', async (t) => {
  for (const path of COMMANDS.filter(({ length }) => length === 1)) {
    const { code, stdout } = await runCli(['help', ...path]);
    t.deepEqual([code, stdout], [0, (await runCli([...path, '--help'])).stdout]);
  }
});

test('the options that every command takes are told once, and every other help says where', async (t) => {
  const { code, stdout: options } = await runCli(['help', 'options']);
  t.is(code, 0);
  const { stdout: whole } = await runCli(['--help']);
  for (const { long } of aProgram().options.filter((option) => option.long !== '--version'))
    for (const text of [options, whole]) t.true(text.includes(long ?? '?'), long);
  for (const path of COMMANDS.filter(({ length }) => length > 0)) {
    const { stdout } = await runCli([...path, '--help']);
    t.true(stdout.includes('maestro help options'), path.join(' '));
    t.false(stdout.includes('--no-read-only'), path.join(' '));
  }
});

test('maestro help takes all words of a command, and topics', async (t) => {
  for (const path of COMMANDS.filter(({ length }) => length > 1))
    t.is((await runCli(['help', ...path])).stdout, (await runCli([...path, '--help'])).stdout, path.join(' '));
  t.is((await runCli(['help'])).stdout, (await runCli(['--help'])).stdout);
  t.regex((await runCli(['help', 'times'])).stdout, /"2 weeks ago"/);
  const { code, stderr } = await runCli(['help', 'snapshot', 'putt']);
  t.deepEqual([code, stderr], [2, 'error: There is no command "snapshot putt".\nhint: Did you mean put?\n']);
  t.regex((await runCli(['help', 'tiems'])).stderr, /Did you mean times\?/);
});

test('help marks the options that a command cannot do without', async (t) => {
  for (const path of COMMANDS) {
    const { stdout } = await runCli([...path, '--help']);
    const required = commandAt(path).options.filter(({ mandatory }) => mandatory);
    t.is(stdout.split('(required)').length - 1, required.length, path.join(' '));
  }
});

test('every bound of sequences has the same two names, of which help shows the shorter', (t) => {
  const bounds = COMMANDS.map((path) => {
    return commandAt(path)
      .options.filter(({ long }) => /^--(min|max)(-sequence)?$/.test(long ?? ''))
      .map(({ long, hidden }) => `${long}${hidden ? '?' : ''}`);
  }).filter(({ length }) => length > 0);
  t.true(bounds.length >= 3);
  for (const names of bounds) t.deepEqual(names.toSorted(), ['--max', '--max-sequence?', '--min', '--min-sequence?']);
});

/** The command that some words name. */
function commandAt(path: readonly string[]): Command {
  return path.reduce(
    (command: Command, word) => command.commands.find((child) => child.name() === word) ?? command,
    aProgram(),
  );
}

/** Commands that fold with the application's own handlers only. */
const NEEDING_HANDLERS = ['check', 'snapshot verify', 'types --exit-code'];
/** Commands that need the application's projections. */
const NEEDING_PROJECTIONS = ['projections run', 'projections rebuild', 'projections verify'];
/** Words that end a command and begin the shell's part of a line. */
const SHELL_WORDS = ['|', '||', '>', '>>', '#'];
const WITHOUT_DATABASE = ['id', 'completion', 'help'];

test('every example is right usage', async (t) => {
  // They are run on a server that nobody reaches, so what was understood ends with exit 4.
  const env = { MAESTRO_DATABASE_URL: 'postgres://nobody@127.0.0.1:1/nowhere' };
  for (const path of COMMANDS) {
    const { stdout } = await runCli([...path, '--help']);
    for (const words of examplesIn(stdout)) {
      // What is configured is another matter; there is an example of each aggregate that is named.
      if (words.includes('--aggregate') || NEEDING_HANDLERS.some((command) => words.join(' ').startsWith(command)))
        words.push('--config', 'examples/bank/maestro.config.ts');
      if (NEEDING_PROJECTIONS.some((command) => words.join(' ').startsWith(command)))
        words.push('--config', 'test/support/cli/projections.config.ts');
      // Another server than the unreachable one, and a file that an example before has written.
      for (const option of ['--url', '--baseline']) if (words.includes(option)) words.splice(words.indexOf(option), 2);
      const { code, stderr } = await runCli(words, {
        cwd: root,
        env,
        ...(words[0] === 'step' ? { terminal: 80 } : {}),
      });
      t.is(code, WITHOUT_DATABASE.includes(words[0] ?? '') ? 0 : 4, `maestro ${words.join(' ')}\n${stderr}`);
    }
  }
});

for (const path of GROUPS.filter((group) => group[0] !== 'migrate')) {
  test(`maestro ${path.join(' ')} without a command shows the help and exits 2`, async (t) => {
    const { code, stdout, stderr } = await runCli(path);
    const { stdout: help } = await runCli([...path, '--help']);
    t.is(code, 2);
    t.true((stdout + stderr).includes(help.split('\n')[0] ?? '?'), 'the help is there');
    t.regex(stdout + stderr, /^(Commands|This tool):$/m);
  });
}

test('options without a command are wrong usage, not silence', async (t) => {
  for (const argv of [['-v'], ['-o', 'table'], ['--schema', 'history']]) {
    const { code, stdout, stderr } = await runCli(argv);
    t.is(code, 2, argv.join(' '));
    t.not(stdout + stderr, '');
  }
});

test('--version and -V print the version of the package', async (t) => {
  const { version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'));
  for (const flag of ['--version', '-V'])
    t.deepEqual(await runCli([flag]), { code: 0, stdout: `${version}\n`, stderr: '' });
});

test('an unknown command or option is named, with what may have been meant', async (t) => {
  for (const [argv, problem, suggestion] of [
    [['evnts', 'x'], "Unknown command 'evnts'", 'Did you mean events?'],
    [['snapshot', 'gte'], "Unknown command 'gte'", 'Did you mean get?'],
    [['migrate', 'stauts'], 'stauts', 'Did you mean status?'],
    [['ls'], "Unknown command 'ls'", 'Did you mean `maestro aggregates`?'],
    [['id', 'decode', '0'.repeat(32)], "Unknown command 'decode'", 'Did you mean `maestro id show`?'],
    [['id', 'encode', 'x'], "Unknown command 'encode'", 'Did you mean `maestro id show`?'],
    [['id', 'parse', 'x'], "Unknown command 'parse'", 'Did you mean `maestro id show`?'],
    [['id', 'make'], "Unknown command 'make'", 'Did you mean `maestro id new`?'],
    [['id', 'nwe'], "Unknown command 'nwe'", 'Did you mean new?'],
    [['snapshot', 'show', 'x'], "Unknown command 'show'", 'Did you mean `maestro snapshot get`?'],
    [['snapshot', 'list'], "Unknown command 'list'", 'Did you mean `maestro aggregates --with-snapshot`?'],
    [['snapshot', 'rm', 'x'], "Unknown command 'rm'", 'Did you mean `maestro snapshot delete`?'],
    [['decode', 'x'], "Unknown command 'decode'", 'Did you mean `maestro id show`?'],
    [['0'.repeat(32)], 'Unknown command', `maestro events ${'0'.repeat(32)}`],
    [['search', '0'.repeat(32)], 'Too many arguments', `maestro events ${'0'.repeat(32)}`],
    [['replay', '0'.repeat(32), '--no-snapshto'], "Unknown option '--no-snapshto'", 'Did you mean --no-snapshot?'],
    [
      ['snapshot', 'put', '0'.repeat(32), '--sequenc', '3'],
      "Required option '--sequence",
      'Did you mean --sequence instead of --sequenc?',
    ],
    [['migrate', 'sql', '--partition', '3'], "Unknown option '--partition'", 'Did you mean --partitions?'],
    [['diff', '0'.repeat(32), '-1h', 'last'], "Unknown option '-1h'", 'write 1h'],
    [['id', 'new', '-o', 'jsn'], 'table, json, ndjson', 'Did you mean json?'],
    [['aggregates', '--sort', 'evnets'], 'id, events, last', 'Did you mean events?'],
    [['id', 'new', '--colour', 'never'], "Unknown option '--colour'", 'Did you mean --color?'],
    [['events', '0'.repeat(32), '--maxx', '3'], "Unknown option '--maxx'", 'Did you mean --max?'],
    [['id', 'new', 'please'], 'Too many arguments', 'maestro'],
    [['events'], "Missing required argument 'id'", 'maestro'],
    [['id', 'new', '-o', 'yaml'], 'table, json, ndjson', 'maestro'],
    [['id', 'new', '-o'], "'-o, --output <format>' argument missing", 'maestro'],
    [['id', 'new', '--timeout', 'soon'], 'number of seconds', 'maestro'],
    [['id', 'new', '--timeout', '-1'], 'number of seconds', 'maestro'],
  ] as const) {
    const { code, stdout, stderr } = await runCli(argv);
    t.deepEqual([code, stdout], [2, ''], argv.join(' '));
    const [error = '', hint = ''] = stderr.split('\n');
    t.true(error.startsWith('error: ') && error.includes(problem), error);
    t.true(hint.startsWith('hint: ') && hint.includes(suggestion), hint);
  }
});

function pathsOf(command: Command, path: readonly string[] = []): string[][] {
  const shown = command.createHelp().visibleCommands(command);
  const children = command.commands
    .filter((child) => shown.includes(child))
    .flatMap((child) => pathsOf(child, [...path, child.name()]));
  return [[...path], ...children];
}

/** The examples in a help text, word by word, without what a shell would do with the output. */
function examplesIn(help: string): string[][] {
  return Array.from(help.matchAll(/^ {2}\$ maestro (.*)$/gm), ([, line = '']) => {
    const words = [...line.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)];
    const end = words.findIndex(([, , , plain]) => plain !== undefined && SHELL_WORDS.includes(plain));
    return words
      .slice(0, end < 0 ? undefined : end)
      .map(([, single, double, plain]) => single ?? double ?? plain ?? '');
  });
}
