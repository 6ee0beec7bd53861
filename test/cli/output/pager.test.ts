import { Readable } from 'node:stream';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import type { OutputStream } from '../../../src/cli/context.js';
import { run } from '../../../src/cli/run.js';
import { aContext } from '../../../scripts/support/program.js';
import { useTemporaryFolder, useTestDatabase } from '../../support/database.js';
import { aHistory, anId } from '../../support/data/factories.js';
import { usePseudoTerminals } from '../../support/cli/pseudo-terminal.js';

const database = useTestDatabase(test);
const terminals = usePseudoTerminals(test);
const folder = useTemporaryFolder(test);
const [long, short, endless, wide, varied] = [anId(), anId(), anId(), anId(), anId()];
const here = { MAESTRO_DATABASE_URL: database.url, MAESTRO_SCHEMA: database.schema, TERM: 'xterm' };

test.before(async () => {
  await database.store().commitEvents([...aHistory(long, 100), ...aHistory(short, 3)]);
  await database.store().commitEvents(aHistory(endless, 5000));
  await database
    .store()
    .commitEvents(aHistory(varied, 30).map((event, index) => ({ ...event, type: `type ${index}` })));
  const body = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`key${index}`, index]));
  await database.store().commitEvents(aHistory(wide, 1).map((event) => ({ ...event, body })));
});

/** Ctrl-C reaches the shell around the program too. */
const TRAP = 'trap : INT';

/** Runs a command line in a terminal of 80×24, with a pager that takes everything. */
async function inTerminal(
  argv: readonly string[],
  {
    env = {},
    isThere = true,
    ...streams
  }: { env?: Record<string, string>; isThere?: boolean; stdout?: OutputStream } = {},
) {
  const seen = {
    stdout: '',
    stderr: '',
    paged: '',
    pagers: [] as string[],
    quitCodes: [] as number[],
    hasEnded: false,
  };
  const stream = (name: 'stdout' | 'stderr'): OutputStream => ({
    isTerminal: true,
    columns: 80,
    rows: 24,
    write: async (text) => void (seen[name] += text),
  });
  const context = aContext({
    environment: { ...here, ...env },
    stdin: Object.assign(Readable.from([]), { isTerminal: true }),
    stdout: stream('stdout'),
    stderr: stream('stderr'),
    openPager: async (command, quitCode) => {
      seen.pagers.push(command);
      seen.quitCodes.push(quitCode());
      if (!isThere) return undefined;
      return {
        unread: undefined,
        write: async (text) => void (seen.paged += text),
        end: async () => void (seen.hasEnded = true),
      };
    },
    ...streams,
  });
  return { code: await run(argv, context), ...seen };
}

test('what is longer than the screen is shown in the pager, whole; what is not is printed', async (t) => {
  const direct = await inTerminal(['events', long.hex, '--no-pager']);
  t.like(direct, { code: 0, pagers: [], paged: '' });
  t.is(direct.stdout.split('\n').length, 102);
  t.deepEqual(await inTerminal(['events', long.hex]), {
    ...direct,
    stdout: '',
    pagers: ['less'],
    quitCodes: [0],
    paged: direct.stdout,
    hasEnded: true,
  });
  t.like(await inTerminal(['events', short.hex]), { code: 0, pagers: [], paged: '' });
  const fitting = await inTerminal(['events', long.hex, '--limit', '22']);
  t.deepEqual(fitting.pagers, [], 'with a line for what the shell writes next');
  t.deepEqual((await inTerminal(['events', long.hex, '--limit', '23'])).pagers, ['less']);
});

test('which pager: MAESTRO_PAGER, PAGER, less; none when that is empty or cat, or the terminal has nobody or no lines', async (t) => {
  const cases: readonly (readonly [env: Record<string, string>, pager: string | undefined])[] = [
    [{}, 'less'],
    [{ PAGER: 'more' }, 'more'],
    [{ PAGER: 'more', MAESTRO_PAGER: 'less -S' }, 'less -S'],
    [{ PAGER: 'more', MAESTRO_PAGER: '' }, undefined],
    [{ PAGER: '' }, undefined],
    [{ PAGER: ' cat ' }, undefined],
    [{ TERM: 'dumb' }, undefined],
    [{ TERM: '' }, undefined],
    [{ CI: 'true' }, undefined],
  ];
  for (const [env, pager] of cases)
    t.deepEqual((await inTerminal(['events', long.hex], { env })).pagers, pager === undefined ? [] : [pager]);
  for (const option of ['--no-pager', '--no-input'])
    t.deepEqual((await inTerminal(['events', long.hex, option])).pagers, []);
  for (const format of ['json', 'ndjson'])
    t.deepEqual((await inTerminal(['events', long.hex, '-o', format])).pagers, ['less']);
});

test('a pager that is not there leaves the output as it is', async (t) => {
  const { stdout } = await inTerminal(['events', long.hex, '--no-pager']);
  t.like(await inTerminal(['events', long.hex], { isThere: false }), { code: 0, stdout, pagers: ['less'], paged: '' });
});

test('notes about the result stand in the pager, in their place; an error is told after it', async (t) => {
  const { stderr, paged } = await inTerminal(['search', '--limit', '30']);
  t.is(stderr, '');
  t.regex(paged, /\nnote: there are more: add --after\s+\S+,\s+or a larger\s+--limit\n$/);
  const piped = await inTerminal(['search', '--limit', '1', '--no-pager']);
  t.regex(piped.stderr, /^note: there are more/);
  t.like(await inTerminal(['events', anId().hex]), { code: 3, paged: '', pagers: [] });
});

test('the exit code is that of the command', async (t) => {
  const differs = await inTerminal(['diff', wide.hex, '0', 'last']);
  t.like(differs, { code: 1, pagers: ['less'], hasEnded: true });
  t.is(differs.paged, (await inTerminal(['diff', wide.hex, '0', 'last', '--no-pager'])).stdout);
  t.deepEqual(differs.quitCodes, [1], 'whoever leaves a comparison early has not been told that nothing differs');
  t.deepEqual((await inTerminal(['events', long.hex])).quitCodes, [0]);
  const config = join(folder, 'maestro.config.ts');
  writeFileSync(
    config,
    `import { defineAggregate } from 'maestro-store';
export default { aggregates: [defineAggregate({ name: 'none', initialState: () => 0, commands: {}, events: {} })] };`,
  );
  const types = ['types', '--config', config];
  t.like(await inTerminal([...types, '--exit-code']), { code: 1, quitCodes: [1] }, 'neither has who asks for it');
  t.like(await inTerminal(types), { code: 0, quitCodes: [0] });
});

test('what writes, and what has no end, is not shown in a pager', async (t) => {
  const drafts = Array.from({ length: 30 }, () => '{"type": "happened", "body": {}}').join('\n');
  const stdin = Object.assign(Readable.from([Buffer.from(drafts)]), { isTerminal: false });
  const appended = await inTerminal(['append', 'new', '--file', '-', '-v'], { stdin } as object);
  t.like(appended, { code: 0, pagers: [], paged: '' });
  const terminal = terminals.maestro(['tail', long.hex, '-n', '40', '-f'], {
    env: { ...here, PAGER: 'false' },
    before: TRAP,
  });
  await terminal.shows(/^ +100 /m);
  terminal.press('\u0003');
  t.is(await terminal.ended(), 130);
});

test('less shows it in colour, a page at a time, and leaves the terminal as it was', async (t) => {
  const terminal = terminals.maestro(['events', long.hex], { env: here, before: TRAP });
  const page = await terminal.until((lines) => lines.at(-1) === ':');
  t.regex(page[0] ?? '', /^SEQUENCE/);
  t.regex(terminal.written, /\u001b\[1mSEQUENCE/);
  terminal.press('G');
  await terminal.shows(/^ +100 /m, '(END)');
  terminal.press('q');
  t.is(await terminal.ended(), 0);
  t.regex(terminal.screen.join('\n'), / icanon\b/);
});

test('leaving less early ends the command quietly with 0, and Ctrl-C with 130 once less is left', async (t) => {
  const left = terminals.maestro(['events', endless.hex], { env: here, before: TRAP });
  await left.until((lines) => lines.at(-1) === ':');
  left.press('q');
  t.is(await left.ended(), 0);
  t.notRegex(left.written, /error|warning/);

  const interrupted = terminals.maestro(['events', endless.hex], { env: here, before: TRAP });
  await interrupted.until((lines) => lines.at(-1) === ':');
  interrupted.press('\u0003');
  // What is typed before less has noticed is lost.
  const pressing = setInterval(() => interrupted.press(' '), 100);
  await interrupted.shows(/^ +(?:[4-9]\d|\d{3,}) /m).finally(() => clearInterval(pressing));
  interrupted.press('q');
  t.is(await interrupted.ended(), 130);
  t.regex(interrupted.screen.join('\n'), / icanon\b/);
});

test('a pager that cannot be run, by name or in a shell, is done without', async (t) => {
  for (const PAGER of ['no-such-pager -R', '/etc/passwd/less', 'no-such-pager | cat -u && exit 127 || exit 127']) {
    const terminal = terminals.maestro(['events', long.hex], { rows: 150, env: { ...here, PAGER } });
    t.is(await terminal.ended(), 0);
    t.regex(terminal.written, /\n +100 /);
  }
});
