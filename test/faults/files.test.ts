import { randomBytes } from 'node:crypto';
import {
  appendFileSync,
  closeSync,
  existsSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import test, { type ExecutionContext } from 'ava';
import { type CliResult, runCli } from '../support/cli/cli.js';
import { useTemporaryFolder, useTestDatabase } from '../support/database.js';
import { aHistory, anEvent, anId } from '../support/data/factories.js';
import { figure, isFull, rounds } from '../support/figures.js';
import { contentsOf } from '../support/folders.js';
import { useProcesses } from '../support/children/processes.js';
import { outcomeOf, startProgram } from '../support/cli/program.js';
import { tinyDisk } from '../support/servers/tiny-disk.js';
import { emptied, exported, signed } from '../support/data/transfer.js';

const folder = useTemporaryFolder(test);
const program = useProcesses(test, 'cli-child.ts');
/** Databases that files are made from and imported into: one target is empty, the other has a history already. */
const [origin, target, filled] = [useTestDatabase(test), useTestDatabase(test), useTestDatabase(test)];
const logs = { empty: target, filled };
const EMPTY = signed([]);
const id = anId();
let whole = Buffer.alloc(0);
let before: Readonly<Record<keyof typeof logs, string>> = { empty: EMPTY, filled: '' };

test.serial.before(async () => {
  await origin.store().commitEvents(aHistory(id, 3));
  await origin.store().commitEvents([anEvent(anId(), { type: 'größer 🎭', body: { text: 'größer\n\t"', n: 1.5 } })]);
  await origin.store().commitSnapshot({ aggregateId: id, sequence: 2, body: { n: 2 } });
  whole = Buffer.from(await exported(origin));
  await filled.store().commitEvents(aHistory(anId(), 2));
  before = { empty: EMPTY, filled: await exported(filled) };
});

const envOf = ({ url, schema }: { url: string; schema: string }) => ({
  MAESTRO_DATABASE_URL: url,
  MAESTRO_SCHEMA: schema,
});

/** Imports a file. */
function importFrom(file: string, log: keyof typeof logs = 'empty'): Promise<CliResult> {
  return runCli(['import', '--file', file], { cwd: folder, env: envOf(logs[log]) });
}

const counted = { refused: 0, imported: 0 };

/** The file is refused with exit 2 and its name and line, and the log is as it was. */
async function assertRefused(t: ExecutionContext, file: string, what: string, says = /[Ll]ine \d+/): Promise<void> {
  for (const log of ['empty', 'filled'] as const) {
    const { code, stdout, stderr } = await importFrom(file, log);
    counted.refused += 1;
    t.deepEqual([code, stdout], [2, ''], `${what}: ${stderr}`);
    t.regex(stderr, says, what);
    t.regex(stderr, /^error: .{10,400}\.\n(hint: .*\n)?$/, what);
    t.is(await exported(logs[log]), before[log], what);
  }
}

function aFile(name: string, content: string | Uint8Array): string {
  const file = join(folder, name);
  writeFileSync(file, content);
  return file;
}

/** Some places in the file, spread over all of it, or all when there are not more. */
function places(count: number, end: number): number[] {
  if (count >= end) return Array.from({ length: end }, (_, place) => place);
  return Array.from({ length: count }, (_, index) => Math.floor(((index + Math.random()) * end) / count));
}

test.serial('truncated: a file that was cut short anywhere is refused, and nothing is imported', async (t) => {
  const lengths = places(rounds(12, 400), whole.length);
  for (const length of lengths)
    await assertRefused(t, aFile('cut.ndjson', whole.subarray(0, length)), `cut to ${length} bytes`);
  figure(
    'files: truncated',
    `${lengths.length} lengths of ${whole.length} bytes, 2 logs: all refused with a line, exit 2, 0 imported`,
  );
});

test.serial('bit-flipped: a file with one bit turned anywhere is refused, and nothing is imported', async (t) => {
  const bits = places(rounds(15, 600), whole.length * 8);
  for (const bit of bits) {
    const bytes = Buffer.from(whole);
    bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    await assertRefused(t, aFile('flipped.ndjson', bytes), `bit ${bit}`);
  }
  figure(
    'files: bit-flipped',
    `${bits.length} of ${whole.length * 8} bits, 2 logs: all refused with a line, exit 2, 0 imported`,
  );
});

test.serial('renamed: what a file is called and how it is reached does not matter', async (t) => {
  const names = [
    'log.txt',
    'log.json.gz',
    'photo.jpg',
    '-log',
    'log\u001b[2J\u202e.ndjson',
    ' ',
    'größer 🎭',
    'x'.repeat(255),
  ];
  for (const name of names) {
    renameSync(aFile('to be renamed', whole), join(folder, name));
    const { code, stderr } = await importFrom(`./${name}`);
    t.deepEqual([code, stderr], [0, ''], name);
    t.is(await exported(target), whole.toString());
    await emptied(target);
    counted.imported += 1;
  }
  const file = aFile('whole.ndjson', whole);
  symlinkSync(file, join(folder, 'linked'));
  linkSync(file, join(folder, 'linked hard'));
  for (const name of ['linked', 'linked hard']) {
    t.is((await importFrom(name)).code, 0);
    await emptied(target);
    counted.imported += 1;
  }
  figure('files: renamed', `${names.length} names and 2 links: imported all the same`);
});

test.serial('foreign: what is no export is refused, whatever it is called', async (t) => {
  const text = whole.toString();
  const lines = text.trimEnd().split('\n');
  const utf16 = (order: 'le' | 'be') => {
    const bytes = Buffer.from(`\ufeff${text}`, 'utf16le');
    return order === 'le' ? bytes : bytes.swap16();
  };
  const foreign: Readonly<Record<string, string | Uint8Array>> = {
    nothing: '',
    'a newline': '\n',
    'zeros that a crash left': Buffer.alloc(4096),
    'an export that ends in zeros': Buffer.concat([whole, Buffer.alloc(512)]),
    'an export packed by gzip': gzipSync(whole),
    'a picture': Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'),
    'random bytes': randomBytes(5000),
    'a dump of pg_dump':
      '--\n-- PostgreSQL database dump\n--\n\nSET statement_timeout = 0;\nCOPY public.event_log FROM stdin;\n\\.\n',
    'a custom dump of pg_dump': Buffer.concat([Buffer.from('PGDMP\u0001\u000f\u0000'), randomBytes(200)]),
    CSV: 'aggregateId,sequence,timestamp,type,body\n1,1,2014-09-14,a,{}\n',
    'an array of JSON': `[${lines.slice(1, -1).join(',')}]`,
    'what `events -o ndjson` prints': lines.slice(1, 4).join('\n'),
    'the events of another event store': '{"eventId":"1","streamId":"a","data":{}}\n'.repeat(10),
    'an export in UTF-16, little-endian': utf16('le'),
    'an export in UTF-16, big-endian': utf16('be'),
    'an export in Latin-1': Buffer.from(text.replace('🎭', ''), 'latin1'),
    'an export with a byte order mark': `\ufeff${text}`,
    'an export with line ends of Windows': text.replaceAll('\n', '\r\n'),
    'an export with line ends of old Macs': text.replaceAll('\n', '\r'),
    'an export that an editor has formatted': lines.map((line) => JSON.stringify(JSON.parse(line), null, 2)).join('\n'),
    'an export that jq has passed': lines.map((line) => JSON.stringify(JSON.parse(line))).join('\n'),
    'two exports in a row': text + text,
    'an export without its header': `${lines.slice(1).join('\n')}\n`,
    'an export in another order': `${[lines[0], ...lines.slice(1, -1).reverse(), lines.at(-1)].join('\n')}\n`,
    'an export of a later version': text.replace('"version":1', '"version":2'),
    HTML: '<!DOCTYPE html><html><body>404 Not Found</body></html>',
  };
  for (const [name, content] of Object.entries(foreign)) await assertRefused(t, aFile('foreign.ndjson', content), name);
  mkdirSync(join(folder, 'a folder'));
  await assertRefused(t, 'a folder', 'a folder', /The file a folder cannot be read: EISDIR\./);
  await assertRefused(t, 'nowhere', 'nowhere', /The file nowhere cannot be read: ENOENT\./);
  await assertRefused(t, 'foreign.ndjson/x', 'below a file', /cannot be read: ENOTDIR\./);
  figure(
    'files: foreign',
    `${Object.keys(foreign).length + 3} files of other kinds, 2 logs: all refused, exit 2, 0 imported`,
  );
});

test.serial('a huge line is refused before it fills the memory', async (t) => {
  const megabytes = rounds(310, 2000);
  // Of no size on the disk: nothing but a hole.
  const file = aFile('huge.ndjson', `${whole.toString().split('\n')[0]}\n{"aggregateId":"`);
  truncateSync(file, megabytes * 1e6);
  const child = startProgram(['import', '--file', file], {
    cwd: folder,
    env: envOf(target),
    program: program.file,
    nodeFlags: ['--max-old-space-size=64'],
  });
  const { code, stdout, stderr } = await outcomeOf(child);
  t.deepEqual([code, stdout], [2, ''], stderr);
  t.regex(stderr, /^error: The file .*huge\.ndjson, line 2, is longer than 300000000 bytes\.\n/m);
  t.is(await exported(target), EMPTY);
  const begin = performance.now();
  const body = `{"text": "${'x'.repeat(20_000_000)}"}`;
  const line = (n: number, text: string) =>
    `{"aggregateId":"${'0'.repeat(31)}a","sequence":${n},"timestamp":"2014-09-14T00:00:00.000Z-0000-000000000000000${n}","type":"grown","body":${text}}`;
  t.is((await importFrom(aFile('long.ndjson', signed([line(1, body), line(2, '{}')])))).code, 0);
  t.true((await exported(target)).includes(body));
  await emptied(target);
  await assertRefused(t, aFile('long.ndjson', signed([line(1, body.slice(0, -1)), line(2, '{}')])), 'a long line cut');
  rmSync(file);
  figure(
    'files: huge line',
    `a line of ${megabytes} MB: exit 2 with its number; one of 20 MB: imported, and refused when it lacks its end (${Math.round(performance.now() - begin)} ms)`,
  );
});

test.serial('an export whose target is there, is a link, or cannot be one leaves it as it was', async (t) => {
  const cwd = await mkdtemp(join(folder, 'targets-'));
  writeFileSync(join(cwd, 'there'), 'old');
  mkdirSync(join(cwd, 'folder'));
  symlinkSync('there', join(cwd, 'link'));
  symlinkSync('nowhere', join(cwd, 'dangling'));
  symlinkSync('turning', join(cwd, 'turning'));
  symlinkSync('/dev/null', join(cwd, 'device'));
  const unchanged = contentsOf(cwd);
  const run = (...argv: string[]) => runCli(['export', id.hex, ...argv], { cwd, env: envOf(origin) });
  let refused = 0;
  for (const name of [
    'there',
    'folder',
    'link',
    'dangling',
    'turning',
    'device',
    'there/below',
    'nowhere/below',
    '.',
    '..',
    '/',
    '',
  ])
    for (const force of name === 'there' || name === 'link' ? [[]] : [[], ['--force']]) {
      const { code, stdout, stderr } = await run('--file', name, ...force);
      t.deepEqual([code, stdout], [2, ''], `${name} ${force.join('')}: ${stderr}`);
      t.regex(stderr, /^error: .*\.\n/);
      t.deepEqual(contentsOf(cwd), unchanged, name);
      refused += 1;
    }
  t.is((await run('--file', 'link', '--force')).code, 0);
  t.is(contentsOf(cwd)['link'], 'link to there');
  t.is(readFileSync(join(cwd, 'there'), 'utf8'), await exported(origin, { aggregateIds: [id] }));
  figure(
    'files: export target',
    `${refused} targets that are there, links or none: exit 2, everything as it was; a link is followed with --force`,
  );
});

test.serial('an export that fills the disk leaves what was there, and tells so', async (t) => {
  await filled
    .store()
    .commitEvents(
      aHistory(anId(), 40).map((event) => ({ ...event, body: { text: randomBytes(50_000).toString('hex') } })),
    );
  before = { ...before, filled: await exported(filled) };
  const disk = tinyDisk(1);
  const cwd = disk?.folder ?? (await mkdtemp(join(folder, 'limited-')));
  if (disk !== undefined) t.teardown(() => disk.close());
  // Where no small disk can be mounted, a limit of the size of files does the same.
  const shell = disk === undefined ? `trap '' XFSZ; ulimit -f 1024; exec "$@"` : `exec "$@"`;
  writeFileSync(join(cwd, 'there'), 'old');
  for (const [hint, ...argv] of [
    ['It was not changed.', '--file', 'there', '--force'],
    ['No file was created.', '--file', 'new'],
  ] as const) {
    const child = startProgram(['export', ...argv], { cwd, env: envOf(filled), program: program.file, shell });
    const { code, stdout, stderr } = await outcomeOf(child);
    t.deepEqual([code, stdout], [2, ''], stderr);
    t.regex(stderr, new RegExp(`^error: The file ${argv[1]} cannot be written: (ENOSPC|EFBIG)\\.\nhint: ${hint}`));
  }
  t.deepEqual(readdirSync(cwd), ['there']);
  t.is(readFileSync(join(cwd, 'there'), 'utf8'), 'old');
  const how = disk === undefined ? 'a limit of the size of files' : 'a tmpfs of 1 MB';
  figure('files: export that fills the disk', `${how}: exit 2, the old file as it was, nothing left beside it`);
});

test.serial('standard output on a full disk is told of, whatever was to be printed', async (t) => {
  const full = disappearing();
  const lines: readonly (readonly [argv: readonly string[], code: number])[] = [
    [['events', id.hex], 6],
    [['events', id.hex, '-o', 'ndjson'], 6],
    [['export'], 6],
    [['--help'], 6],
    [['--version'], 6],
    ...(isFull
      ? [[['export', '-q'], 6] as const, [['search', '-o', 'json'], 6] as const, [['id', 'new'], 6] as const]
      : []),
  ];
  for (const [argv, expected] of lines) {
    const shell = `${full.limit} exec "$@" > '${full.file}'`;
    const child = startProgram(argv, { cwd: folder, env: envOf(origin), program: program.file, shell });
    const { code, stderr } = await outcomeOf(child);
    t.is(code, expected, `${argv.join(' ')}: ${stderr}`);
    t.regex(stderr, /Standard output cannot be written: (ENOSPC|EFBIG)\./, argv.join(' '));
    t.regex(stderr, argv.includes('-o') ? /^\{"error":\{"code":"MAESTRO_OUTPUT".*\}\n$/ : /^error: .*\nhint: .*\n$/);
  }
  figure('files: standard output on a full disk', `${lines.length} command lines: exit 6, MAESTRO_OUTPUT`);
});

/** A file that takes nothing: the device that is always full, or one of no size at all. */
function disappearing(): { readonly file: string; readonly limit: string } {
  if (existsSync('/dev/full')) return { file: '/dev/full', limit: '' };
  const file = join(folder, 'limited');
  closeSync(openSync(file, 'w'));
  appendFileSync(file, '');
  return { file, limit: `trap '' XFSZ; ulimit -f 0;` };
}

test.after('figure', () => {
  figure(
    'files: in all',
    `${counted.refused} imports refused with nothing changed, ${counted.imported} imported whole`,
  );
});
