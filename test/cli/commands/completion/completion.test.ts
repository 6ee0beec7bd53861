import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import type { Command } from 'commander';
import { aProgram } from '../../../../scripts/support/program.js';
import { runCli } from '../../../support/cli/cli.js';
import { useTemporaryFolder } from '../../../support/database.js';

const folder = useTemporaryFolder(test);
const PROGRAM = fileURLToPath(new URL('../../../../dist/bin/maestro.js', import.meta.url));
const SHELLS = ['bash', 'zsh', 'fish'];

/** Completions for the words of a line, the last of which is being typed. */
async function offered(...words: readonly string[]): Promise<string[]> {
  const { code, stdout, stderr } = await runCli(['complete', '--', ...words]);
  if (code !== 0 || stderr !== '') throw new Error(`exit ${code}: ${stderr}`);
  const lines = stdout.trimEnd().split('\n');
  // The last line tells the scripts how to go on.
  if (!/^:\d+$/.test(lines.pop() ?? '')) throw new Error(stdout);
  return lines.map((line) => line.split('\t')[0] ?? '');
}

function pathsOf(command: Command, path: readonly string[] = []): (readonly [Command, readonly string[]])[] {
  const children = command
    .createHelp()
    .visibleCommands(command)
    .filter((child) => child.name() !== 'help');
  return [[command, path], ...children.flatMap((child) => pathsOf(child, [...path, child.name()]))];
}

const COMMANDS = pathsOf(aProgram());

test('every command is offered, with what it is for', async (t) => {
  for (const [command, path] of COMMANDS) {
    const children = command.createHelp().visibleCommands(command);
    const found = await offered(...path, '');
    for (const child of children) t.true(found.includes(child.name()), [...path, child.name()].join(' '));
  }
  t.false((await offered('')).includes('complete'), 'what only the scripts call is not');
  t.regex((await runCli(['complete', '--', 'verif'])).stdout, /^verify\tcheck the integrity of the log\n/);
});

test('every option is offered behind its command, and the options for all commands behind each', async (t) => {
  for (const [command, path] of COMMANDS) {
    const found = await offered(...path, '--');
    for (const { long, hidden } of [...command.options, ...aProgram().options])
      t.true(hidden || found.includes(long ?? ''), `${path.join(' ')} ${long}`);
  }
});

test('every choice of an option and of an argument is offered', async (t) => {
  for (const [command, path] of COMMANDS) {
    for (const { long, short, argChoices } of [...command.options, ...aProgram().options])
      for (const flag of argChoices === undefined ? [] : [long, short])
        if (flag !== undefined) t.deepEqual(await offered(...path, flag, ''), argChoices, `${path.join(' ')} ${flag}`);
    const [argument] = command.registeredArguments;
    if (argument?.argChoices !== undefined)
      t.deepEqual(await offered(...path, ''), argument.argChoices, path.join(' '));
  }
  t.deepEqual(await offered('help', 'ev'), ['events', 'event']);
  t.deepEqual(await offered('migrate', 'help', 'st'), ['status']);
  t.deepEqual(await offered('completion', 'z'), ['zsh']);
  t.deepEqual(await offered('tail', '-o', 'nd'), ['ndjson']);
});

test('where a file or a folder belongs, the shell offers its own', async (t) => {
  for (const words of [
    ['export', '--file', ''],
    ['import', '--file', 'lo'],
    ['events', '--config', ''],
    ['--data-dir', ''],
  ])
    t.is((await runCli(['complete', '--', ...words])).stdout, ':0\n', words.join(' '));
  t.not((await runCli(['complete', '--', 'events', '--type', ''])).stdout, ':0\n');
});

test('what is not known is offered nothing, quietly, and needs no database', async (t) => {
  for (const words of [['nothing', ''], ['events', '--nothing', ''], ['events', '$(touch x)', 'x'], []]) {
    const { code, stderr } = await runCli(['complete', '--', ...words], { env: { MAESTRO_DATABASE_URL: 'nonsense' } });
    t.deepEqual([code, stderr], [0, ''], words.join(' '));
  }
});

for (const shell of SHELLS)
  test(`the script for ${shell} asks maestro, and is one that ${shell} accepts where it is installed`, async (t) => {
    const { code, stdout, stderr } = await runCli(['completion', shell], { env: { MAESTRO_DATABASE_URL: 'nonsense' } });
    t.deepEqual([code, stderr], [0, '']);
    t.regex(stdout, /(maestro|\}|\$args\[1\]) complete -- /);
    t.regex(stdout, /node_modules\/\.bin\/maestro/);
    const file = join(folder, `script.${shell}`);
    writeFileSync(file, stdout);
    const checked = spawnSync(shell, ['-n', file], { encoding: 'utf8' });
    if (checked.error === undefined) t.deepEqual([checked.status, checked.stderr], [0, '']);
  });

test('configured aggregates and types of their events are offered; what cannot be loaded offers nothing', async (t) => {
  const cwd = fileURLToPath(new URL('../../../../examples/bank', import.meta.url));
  const complete = async (...words: string[]) => (await runCli(['complete', '--', ...words], { cwd })).stdout;
  t.is(await complete('search', '--type', 'account_o'), 'account_opened\n:4\n');
  const names = (await complete('replay', '--aggregate', '')).split('\n');
  t.true(names.includes('bank-account') && names.at(-2) === ':4', names.join());
  t.is(await complete('replay', '--config', 'none.json', '--aggregate', ''), ':4\n');
});

test('another shell is wrong usage', async (t) => {
  for (const argv of [['completion'], ['completion', 'tcsh'], ['completion', 'bash', 'zsh']]) {
    const { code, stdout } = await runCli(argv);
    t.deepEqual([code, stdout], [2, '']);
  }
});

const isBash = spawnSync('bash', ['-c', '(( BASH_VERSINFO[0] >= 4 ))']).status === 0;

/** Makes the program that is tested here an executable of a folder. */
function installIn(bin: string): void {
  mkdirSync(bin, { recursive: true });
  const maestro = join(bin, 'maestro');
  writeFileSync(maestro, `#!/bin/sh\nexec '${process.execPath}' '${PROGRAM}' "$@"\n`);
  chmodSync(maestro, 0o755);
}

/** Completions of bash for each line, typed in a folder, with `path` before the usual folders of programs. */
async function offeredInBash(cwd: string, lines: readonly string[], path: string, before = ''): Promise<string[]> {
  const script = join(folder, 'script');
  writeFileSync(script, (await runCli(['completion', 'bash'])).stdout);
  // Twice, as when a profile is read again.
  const program = `set -e
${before}
source ${script}; source ${script}
compopt() { :; }
while IFS= read -r COMP_LINE; do
  COMP_POINT=\${#COMP_LINE}
  COMPREPLY=()
  command=\${COMP_LINE%% *}
  [[ $(complete -p "$command") =~ -F\\ ([^\\ ]+) ]]
  "\${BASH_REMATCH[1]}" "$command"
  echo "\${COMPREPLY[*]}"
done`;
  const output = execFileSync('bash', ['--norc', '--noprofile', '-c', program], {
    cwd,
    input: `${lines.join('\n')}\n`,
    encoding: 'utf8',
    env: { PATH: `${path}:${process.env['PATH']}` },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  return output.split('\n').slice(0, -1);
}

// Without bash there is nothing to find out.
if (isBash) {
  test('the function completes in bash, without the package bash-completion, and runs nothing of what was typed', async (t) => {
    const bin = join(folder, 'bin');
    installIn(bin);
    const trap = join(folder, 'ran');
    const lines = [
      'maestro veri',
      'maestro migrate ro',
      'maestro tail --color a',
      'maestro tail --color=n',
      'maestro --url postgres://a:b@c/d events --min',
      `maestro events $(touch ${trap}) --rev`,
      `npx maestro events $(touch ${trap}) --rev`,
    ];
    t.deepEqual(await offeredInBash(folder, lines, bin), [
      'verify',
      'rollback',
      'auto always',
      'never',
      '--min',
      '--reverse',
      '--reverse',
    ]);
    t.false(existsSync(trap));
  });

  test('behind npx and its like bash asks the maestro that is installed in the project, and leaves others alone', async (t) => {
    const project = join(folder, "a project's");
    installIn(join(project, 'node_modules', '.bin'));
    const below = join(project, 'src', 'deep');
    mkdirSync(below, { recursive: true });
    const before = '_before() { COMPREPLY=("before $1"); }; complete -F _before pnpm';
    const cases = {
      'npx maestro veri': 'verify',
      'npx --no -y maestro-store migrate ro': 'rollback',
      'npx maestro tail --color=n': 'never',
      'bunx maestro tail --color a': 'auto always',
      'npm exec -- maestro veri': 'verify',
      'pnpm exec maestro veri': 'verify',
      'pnpm maestro veri': 'verify',
      'yarn maestro veri': 'verify',
      'npx other veri': '',
      'npx maestros veri': '',
      'npx other maestro veri': '',
      'pnpm add maestro': 'before pnpm',
    };
    t.deepEqual(await offeredInBash(below, Object.keys(cases), '/nowhere', before), Object.values(cases));
    t.deepEqual(await offeredInBash('/', ['npx maestro veri'], '/nowhere'), [''], 'nothing is installed to ask');
  });
}

// As without bash.
if (spawnSync('fish', ['--version']).error === undefined)
  test('behind npx and its like fish asks the maestro that is installed in the project', async (t) => {
    const project = join(folder, 'for fish');
    installIn(join(project, 'node_modules', '.bin'));
    const script = join(project, 'script.fish');
    writeFileSync(script, (await runCli(['completion', 'fish'])).stdout);
    for (const [line, expected] of [
      ['npx -y maestro veri', 'verify\tcheck the integrity of the log\n'],
      ['pnpm exec maestro migrate ro', 'rollback\ttake back the last migration\n'],
      ['npx other veri', ''],
    ] as const) {
      const program = `source '${script}'; complete --do-complete '${line}'`;
      const { stdout, stderr } = spawnSync('fish', ['--no-config', '-c', program], { cwd: project, encoding: 'utf8' });
      t.deepEqual([stdout, stderr], [expected, ''], line);
    }
  });
