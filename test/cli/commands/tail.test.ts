import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import test, { type ExecutionContext } from 'ava';
import type { OutputStream } from '../../../src/cli/context.js';
import { run } from '../../../src/cli/run.js';
import { openDatabase } from '../../../src/connection/open-database.js';
import type { NewEvent } from '../../../src/events.js';
import { migrate } from '../../../src/store/migrate/migrator.js';
import { aContext } from '../../../scripts/support/program.js';
import { type CliOptions, type CliResult, runCli } from '../../support/cli/cli.js';
import { useTemporaryFolder, useTestDatabase } from '../../support/database.js';
import { aHistory, anEvent, anId } from '../../support/data/factories.js';

/** Databases that only one test reads as a whole. */
const layouts = { plain: useTestDatabase(test), partitioned: useTestDatabase(test, { partitions: 3 }) };
/** For those who look at an aggregate of their own. */
const database = useTestDatabase(test);
const empty = useTestDatabase(test);
const folder = useTemporaryFolder(test);
const PROGRAM = fileURLToPath(new URL('../../../dist/bin/maestro.js', import.meta.url));

/** Looks as often as may be. */
const OFTEN = ['--interval', '0.1'];

const environment = ({ url, schema } = database) => ({ MAESTRO_DATABASE_URL: url, MAESTRO_SCHEMA: schema });

function maestro(argv: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  return runCli(['tail', ...argv], { env: environment(), ...options });
}

async function aStoredHistory(length: number, types: readonly string[] = ['happened']): Promise<NewEvent[]> {
  const id = anId();
  const events = aHistory(id, length).map((event, index) => ({ ...event, type: types[index % types.length] ?? '' }));
  await database.store().commitEvents(events);
  return events;
}

/** The line of an event with `-o ndjson`. */
function lineOf({ aggregateId, sequence, timestamp, type }: NewEvent): string {
  return `{"aggregateId":"${aggregateId.hex}","sequence":${sequence},"timestamp":"${timestamp.toString()}","type":"${type}","body":{"n": ${sequence}}}`;
}

/** A command line that goes on until its output is refused. */
interface Following {
  /** The next thing that it writes to standard output. */
  next(): Promise<string>;
  /** The next thing, which nobody reads any more: that ends it. */
  last(): Promise<string>;
  /** Standard error so far. */
  said(): string;
}

function following(
  t: ExecutionContext,
  argv: readonly string[],
  changes: { cwd?: string; terminal?: number } = {},
): Following {
  const written: string[] = [];
  let complaints = '';
  let wake = () => {};
  let isOver = false;
  const stream = (write: (text: string) => void): OutputStream => ({
    isTerminal: changes.terminal !== undefined,
    columns: changes.terminal,
    write: async (text) => write(text),
  });
  const stdout = stream((text) => {
    written.push(text);
    wake();
    if (isOver) throw new Error('nobody reads any more');
  });
  const stderr = stream((text) => void (complaints += text));
  const where = changes.cwd === undefined ? { environment: environment() } : { workingDirectory: changes.cwd };
  const code = run(['tail', ...argv, '-f'], aContext({ stdout, stderr, ...where }));
  const next = async () => {
    const arrived = new Promise<void>((resolve) => {
      wake = resolve;
    });
    if (written.length === 0) await Promise.race([arrived, code]);
    const text = written.shift();
    if (text === undefined) throw new Error(`It ended with ${await code}: ${complaints}`);
    return text;
  };
  return {
    next,
    said: () => complaints,
    last: async () => {
      isOver = true;
      const text = await next();
      t.is(await code, 70);
      return text;
    },
  };
}

for (const [layout, own] of Object.entries(layouts))
  test(`the last events of the whole log, the oldest first, ten of them unless told otherwise (${layout})`, async (t) => {
    const events = [aHistory(anId(), 8), aHistory(anId(), 8)].flat();
    await own.store().commitEvents(events);
    const at = async (...argv: string[]) => {
      const { code, stdout, stderr } = await maestro(argv, { env: environment(own) });
      t.deepEqual([code, stderr], [0, '']);
      return stdout;
    };
    const lines = events.map(lineOf);
    t.is(await at('-o', 'ndjson'), `${lines.slice(-10).join('\n')}\n`);
    t.is(await at('-o', 'ndjson', '-n', '3'), `${lines.slice(-3).join('\n')}\n`);
    t.is(await at('-o', 'ndjson', '--lines', '100'), `${lines.join('\n')}\n`);
    t.deepEqual(
      JSON.parse(await at('-o', 'json', '-n', '2')),
      lines.slice(-2).map((line) => JSON.parse(line)),
    );
    t.is(await at('-q', '-n', '1'), `${events.at(-1)?.timestamp.toString()}\n`);
    const table = (await at('-n', '2')).split('\n');
    t.regex(table[0] ?? '', /^AGGREGATE +SEQ +TIMESTAMP +TYPE +BODY$/);
    t.regex(table[2] ?? '', new RegExp(`^${events.at(-1)?.aggregateId.hex} +8 .* happened +{"n": 8}$`));
    t.is(table.length, 4);
  });

test('the last events of one aggregate are those with its last sequences, of the types that are wanted', async (t) => {
  const events = await aStoredHistory(12, ['opened', 'used', 'closed']);
  await aStoredHistory(3);
  const id = events[0]?.aggregateId.hex ?? '';
  const sequences = async (...argv: string[]) => {
    const { code, stdout } = await maestro([id, '-o', 'json', ...argv]);
    t.is(code, 0);
    return (JSON.parse(stdout) as { sequence: number }[]).map(({ sequence }) => sequence);
  };
  t.deepEqual(await sequences('-n', '3'), [10, 11, 12]);
  t.deepEqual(await sequences('-n', '3', '--type', 'used'), [5, 8, 11]);
  t.deepEqual(await sequences('-n', '3', '--type', 'used', '--type', 'closed'), [9, 11, 12]);
  t.deepEqual(await sequences('--type', 'Used'), []);
  t.regex((await maestro([id, '-n', '1'])).stdout, /^SEQUENCE .*\n +12 .*closed +{"n": 12}\n$/);
});

test('where there is nothing to show, it says so and exits 0; an unknown aggregate exits 3', async (t) => {
  const nothing = await maestro(['-o', 'json'], { env: environment(empty) });
  t.like(nothing, { code: 0, stdout: '[]\n' });
  t.regex(nothing.stderr, /^note: no event was found\nnote: the log in schema \S+ has no events/);
  const [event] = await aStoredHistory(1);
  const none = await maestro([event?.aggregateId.hex ?? '', '-n', '0', '-o', 'ndjson']);
  t.deepEqual(none, { code: 0, stdout: '', stderr: 'note: no events were asked for (--lines 0)\n' });
  const unknown = await maestro([anId().hex]);
  t.deepEqual([unknown.code, unknown.stdout], [3, '']);
});

test('values that are none, and one document that never ends, are wrong usage', async (t) => {
  for (const argv of [
    ['--lines', '-1'],
    ['--lines', '1.5'],
    ['--lines', '10001'],
    ['--interval', '0'],
    ['--interval', '0.05'],
    ['--interval', 'often'],
    ['-f', '-o', 'json'],
  ]) {
    const { code, stdout, stderr } = await maestro(argv, { env: {} });
    t.deepEqual([code, stdout], [2, ''], argv.join(' '));
    t.true(stderr.includes(argv.at(argv[0] === '-f' ? 1 : 0) ?? ''), stderr);
  }
  t.is((await maestro(['no-id'])).code, 2);
});

test('-f shows the last events and then each new one, of one aggregate and of the types that are wanted', async (t) => {
  const [first, second, third, unwanted, fourth] = aHistory(anId(), 5).map((event, index) => ({
    ...event,
    type: index === 3 ? 'unwanted' : 'wanted',
  })) as [NewEvent, NewEvent, NewEvent, NewEvent, NewEvent];
  await database.store().commitEvents([first, second]);
  const follower = following(t, [first.aggregateId.hex, '-n', '1', '--type', 'wanted', '-o', 'ndjson', ...OFTEN]);
  t.is(await follower.next(), `${lineOf(second)}\n`);
  await aStoredHistory(2, ['wanted']);
  await database.store().commitEvents([third]);
  t.is(await follower.next(), `${lineOf(third)}\n`);
  const last = follower.last();
  await database.store().commitEvents([unwanted, fourth]);
  t.is(await last, `${lineOf(fourth)}\n`);
});

test('-f waits for an aggregate that does not exist yet', async (t) => {
  const event = anEvent();
  const follower = following(t, [event.aggregateId.hex, ...OFTEN]);
  t.regex(await follower.next(), /^SEQUENCE +TIMESTAMP +TYPE +BODY\n$/);
  const last = follower.last();
  await database.store().commitEvents([event]);
  t.regex(await last, /^ +1 .*happened +{"note": "as it was"}\n$/);
});

test('-f shows metadata when it is asked for, else says once that there is some', async (t) => {
  const id = anId();
  const events = [1, 2].map((sequence) => anEvent(id, { sequence, body: {}, metadata: { by: 'ada' } }));
  const [hidden, shown] = [following(t, [id.hex, ...OFTEN]), following(t, [id.hex, '--metadata', ...OFTEN])];
  t.regex(await hidden.next(), / TYPE +BODY\n$/);
  t.regex(await shown.next(), / TYPE +METADATA +BODY\n$/);
  await database.store().commitEvents(events.slice(0, 1));
  t.regex(await hidden.next(), / happened +{}\n$/);
  t.regex(await shown.next(), / happened +{"by": "ada"} +{}\n$/);
  const lasts = [hidden.last(), shown.last()];
  await database.store().commitEvents(events.slice(1));
  await Promise.all(lasts);
  t.is(hidden.said().split('--metadata shows it').length - 1, 1, hidden.said());
  t.notRegex(shown.said(), /metadata/);
});

test('-f in a terminal keeps to its width, and shows stored text harmless', async (t) => {
  const id = anId();
  const follower = following(t, [id.hex, ...OFTEN], { terminal: 60 });
  t.regex(stripVTControlCharacters(await follower.next()), /^SEQUENCE {2}TIME +TYPE\n +BODY\n$/);
  const last = follower.last();
  await database
    .store()
    .commitEvents([anEvent(id, { type: 'rang', body: { bell: '\u001b[31m', long: 'x'.repeat(200) } })]);
  const [facts = '', body = ''] = stripVTControlCharacters(await last).split('\n');
  t.regex(facts, /^ +1 .*rang$/);
  t.regex(body, /^ {4}\{"bell": "\\u001b\[31m", "long": "x+…$/);
  t.is(body.length, 60);
  const quiet = following(t, [id.hex, '-q'], { terminal: 60 });
  t.regex(await quiet.last(), /^\S{46}\n$/);
});

test('-f -o ndjson writes each event at once as a line of its own, also into a pipe, and Ctrl-C exits 130', async (t) => {
  const [first, second, third] = aHistory(anId(), 3) as [NewEvent, NewEvent, NewEvent];
  await database.store().commitEvents([first]);
  const argv = ['tail', first.aggregateId.hex, '-f', '-o', 'ndjson', ...OFTEN];
  const child = spawn(process.execPath, [PROGRAM, ...argv], {
    cwd: folder,
    env: { PATH: process.env['PATH'], ...environment() },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.teardown(() => child.kill('SIGKILL'));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  for (const event of [first, second, third]) {
    if (event !== first) await database.store().commitEvents([event]);
    t.is((await lines.next()).value, lineOf(event));
  }
  const ended = once(child, 'close');
  child.kill('SIGINT');
  t.deepEqual(await ended, [130, null]);
});

test('-f on the embedded database lets others write in between, and shows what they wrote', async (t) => {
  const dataDir = join(folder, '.maestro', 'data');
  const [first, second] = aHistory(anId(), 2) as [NewEvent, NewEvent];
  const database = await openDatabase({ dataDir });
  await migrate(database.knex);
  await database.store.commitEvents([first]);
  await database.close();
  const follower = following(t, ['-o', 'ndjson', '--interval', '0.5'], { cwd: folder });
  t.is(await follower.next(), `${lineOf(first)}\n`);

  const last = follower.last();
  const other = await openDatabase({ dataDir, timeout: 60_000 });
  await other.store.commitEvents([second]);
  await other.close();

  t.is(await last, `${lineOf(second)}\n`);
});

test('tail -f ends when nobody reads on, though nothing more happens', async (t) => {
  const [event] = await aStoredHistory(1);
  const env = { PATH: process.env['PATH'], ...environment(), ID: event?.aggregateId.hex };
  // `head` takes the heading and goes; no further event comes.
  const command = `'${process.execPath}' '${PROGRAM}' tail "$ID" -f | head -n 1; echo over`;
  const child = spawn('bash', ['-c', command], { cwd: folder, env, stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = [];
  for await (const line of createInterface({ input: child.stdout })) lines.push(line);
  t.is(lines.length, 2);
  t.is(lines[1], 'over');
});
