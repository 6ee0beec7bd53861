import { Readable } from 'node:stream';
import { fc, testProp } from '@fast-check/ava';
import test, { type ExecutionContext } from 'ava';
import { importLog } from '../../../src/admin/transfer/import-log.js';
import { HEADER, InvalidExportError } from '../../../src/admin/transfer/export-format.js';
import { readExport } from '../../../src/admin/transfer/read-export.js';
import { InputError } from '../../../src/cli/errors.js';
import { readLines } from '../../../src/cli/input/read-lines.js';
import type { Invocation } from '../../../src/cli/invocation.js';
import { aContext } from '../../../scripts/support/program.js';
import { useTestDatabase } from '../../support/database.js';
import { collect } from '../../support/data/factories.js';
import { emptied, exported, imported, signed } from '../../support/data/transfer.js';

// The whole log must stay empty, so what imports runs one after another.

const database = useTestDatabase(test);
const EMPTY = signed([]);

const A = '0000000000000000000000000000000a';
const B = '0000000000000000000000000000000b';

/** The line of an event; the changes are JSON text. */
function event(changes: Readonly<Record<string, string>> = {}): string {
  const fields: Record<string, string> = {
    aggregateId: `"${A}"`,
    sequence: '1',
    timestamp: '"2014-09-14T00:00:00.000Z-0000-00000000000000FF"',
    type: '"opened"',
    body: '{"n": 1.10}',
    ...changes,
  };
  const texts = Object.entries(fields).map(([key, value]) => `"${key}":${value}`);
  return `{${texts.join(',')}}`;
}

/** The line of the event of some sequence, at a time of its own. */
function eventAt(sequence: number, aggregateId = A): string {
  const node = `${aggregateId.slice(-1)}${sequence}`.toUpperCase().padStart(16, '0');
  const timestamp = `"2014-09-14T00:00:00.000Z-0000-${node}"`;
  return event({ aggregateId: `"${aggregateId}"`, sequence: String(sequence), timestamp });
}

function snapshot(aggregateId = A, body = '{}', sequence = '1'): string {
  return `{"snapshot":{"aggregateId":"${aggregateId}","sequence":${sequence},"body":${body}}}`;
}

/** A small file with a bit of everything, also text of several bytes per character. */
const WHOLE = Buffer.from(
  signed([
    eventAt(1),
    event({ sequence: '2', type: '"größer 🎭\\\\"' }),
    eventAt(1, B),
    snapshot(A),
    snapshot(B, '[1, 2]'),
  ]),
);

/** The error of reading the bytes; the database has no part in it. */
async function faultOf(bytes: Uint8Array): Promise<unknown> {
  const stdin = Object.assign(Readable.from([bytes]), { isTerminal: false });
  const lines = readLines('-', { context: aContext({ stdin }) } as unknown as Invocation);
  try {
    await collect(readExport(lines, { incomplete: 0, footer: undefined }));
    return undefined;
  } catch (error) {
    return error;
  }
}

/** The line that an error names; it is one that says that the file is not as it should be. */
function lineOf(error: unknown): number | undefined {
  if (error instanceof InvalidExportError) return error.line;
  if (error instanceof InputError) return Number(/^Standard input, line (\d+), is not UTF-8/.exec(error.message)?.[1]);
  return undefined;
}

/** The line, counted from 1, in which a place of the whole file lies. */
function lineAt(offset: number): number {
  return WHOLE.subarray(0, offset).toString('latin1').split('\n').length;
}

async function nothingIsImported(t: ExecutionContext, input: string | Uint8Array, message?: string): Promise<unknown> {
  const error = await t.throwsAsync(imported(database, input), undefined, message);
  t.is(await exported(database), EMPTY, message);
  return error;
}

test('a file that was cut short is refused with the line, wherever it was cut', async (t) => {
  for (let length = 0; length < WHOLE.length; length += 1)
    t.is(lineOf(await faultOf(WHOLE.subarray(0, length))), lineAt(length), `${length} bytes`);
  t.is(await faultOf(WHOLE), undefined);
});

testProp.serial(
  'nothing is imported of a file that was cut short',
  [fc.nat(WHOLE.length - 1)],
  async (t, length) => {
    t.is(lineOf(await nothingIsImported(t, WHOLE.subarray(0, length))), lineAt(length));
  },
  { numRuns: 15 },
);

function altered(offset: number, change: number): Buffer {
  const bytes = Buffer.from(WHOLE);
  bytes[offset] = ((bytes[offset] ?? 0) + change) % 256;
  return bytes;
}

testProp(
  'a file of which one byte was altered is refused with a line, and not before the altered one',
  [fc.nat(WHOLE.length - 1), fc.integer({ min: 1, max: 255 })],
  async (t, offset, change) => {
    const line = lineOf(await faultOf(altered(offset, change)));
    t.true(line !== undefined && line >= lineAt(offset), `line ${line}, altered in ${lineAt(offset)}`);
  },
  { numRuns: 2000 },
);

testProp.serial(
  'nothing is imported of a file of which one byte was altered',
  [fc.nat(WHOLE.length - 1), fc.integer({ min: 1, max: 255 })],
  async (t, offset, change) => {
    t.not(lineOf(await nothingIsImported(t, altered(offset, change))), undefined);
  },
  { numRuns: 15 },
);

testProp(
  'a file with bytes added, removed, or lines in another order is refused with a line',
  [fc.nat(WHOLE.length), fc.nat(40), fc.uint8Array({ maxLength: 40 })],
  async (t, offset, removed, added) => {
    const bytes = Buffer.concat([WHOLE.subarray(0, offset), added, WHOLE.subarray(offset + removed)]);
    if (bytes.equals(WHOLE)) t.pass();
    else t.not(lineOf(await faultOf(bytes)), undefined);
  },
  { numRuns: 500 },
);

const deep = (depth: number, inmost = '') => `${'['.repeat(depth)}${inmost}${']'.repeat(depth)}`;

/** Files whose footer is right, so that only what they hold can be wrong: the line at fault and what is said of it. */
const HOSTILE: Readonly<Record<string, readonly [file: string | Uint8Array, line: number, problem: RegExp]>> = {
  'an empty file': ['', 1, /empty or was cut short/],
  'another file': ['{"type":"a","body":{}}\n', 1, /not the header/],
  'no header': [signed([eventAt(1)]).slice(HEADER.length + 1), 1, /not the header/],
  'a foreign version': [signed([eventAt(1)], '{"format":"maestro-export","version":2}'), 1, /names version 2/],
  'a foreign format': [signed([], '{"format":"other","version":1}'), 1, /not the header/],
  'a byte order mark': [`\ufeff${signed([eventAt(1)])}`, 1, /not the header/],
  'line ends of Windows': [signed([eventAt(1)]).replaceAll('\n', '\r\n'), 1, /not the header/],
  'line ends of Windows after the header': [signed([`${eventAt(1)}\r`]), 2, /neither an event/],
  'a second header': [signed([HEADER]), 2, /neither an event/],
  'an empty line': [signed([eventAt(1), '', eventAt(2)]), 3, /neither an event/],
  'a second footer': [EMPTY + EMPTY.slice(HEADER.length + 1), 3, /after the footer/],
  'an event after the footer': [`${EMPTY}${eventAt(1)}\n`, 3, /after the footer/],
  'a newline after the footer': [`${EMPTY}\n`, 3, /after the footer/],
  'bytes that are no text': [Buffer.from(signed([event({ type: '"\u00e9"' })]), 'latin1'), 2, /line 2, is not UTF-8/],
  'a footer that counts more': [EMPTY.replace('"events":0', '"events":1'), 2, /counts 1 events/],
  'a footer with other digits': [
    EMPTY.replace(/"[0-9a-f]{64}"/, `"${'0'.repeat(64)}"`),
    2,
    /a checksum that does not match/,
  ],
  'a sequence twice': [signed([eventAt(1), eventAt(1)]), 3, /sequence 1, which is out of order/],
  'sequences backwards': [signed([eventAt(2), eventAt(1)]), 3, /sequence 1, which is out of order/],
  'aggregates backwards': [signed([eventAt(1, B), eventAt(1)]), 3, /order of aggregates/],
  'an aggregate that comes back': [signed([eventAt(1), eventAt(1, B), eventAt(2)]), 4, /order of aggregates/],
  'an event after a snapshot': [signed([snapshot(), eventAt(1)]), 3, /after the snapshots/],
  'snapshots backwards': [signed([snapshot(B), snapshot(A)]), 3, /order of aggregates/],
  'two snapshots of one aggregate': [signed([snapshot(), snapshot()]), 3, /second snapshot/],
  'the sequence 0': [signed([event({ sequence: '0' })]), 2, /sequence 0/],
  'the sequence 2^31': [signed([event({ sequence: '2147483648' })]), 2, /sequence 2147483648/],
  'a sequence below 0': [signed([event({ sequence: '-1' })]), 2, /neither an event/],
  'a sequence with a fraction': [signed([event({ sequence: '1.0' })]), 2, /neither an event/],
  'a sequence with a zero in front': [signed([event({ sequence: '01' })]), 2, /not in the form of an export/],
  'a snapshot of the sequence 2^31': [signed([snapshot(A, '{}', '2147483648')]), 2, /sequence 2147483648/],
  'an id in capitals': [signed([event({ aggregateId: `"${A.toUpperCase()}"` })]), 2, /neither an event/],
  'an id that is short': [signed([event({ aggregateId: '"0a"' })]), 2, /neither an event/],
  'a timestamp as a date': [signed([event({ timestamp: '"2014-09-14T00:00:00.000Z"' })]), 2, /invalid timestamp/],
  'the 30th of February': [
    signed([event({ timestamp: '"2014-02-30T00:00:00.000Z-0000-0000000000000000"' })]),
    2,
    /invalid timestamp/,
  ],
  'a timestamp as hex digits, which has another form': [
    signed([event({ timestamp: `"${'0'.repeat(32)}"` })]),
    2,
    /not in the form of an export/,
  ],
  'a type of 257 characters': [signed([event({ type: `"${'x'.repeat(257)}"` })]), 2, /longer than 256/],
  'a type of twenty million characters': [signed([event({ type: `"${'x'.repeat(2e7)}"` })]), 2, /neither an event/],
  'a type with U+0000': [signed([event({ type: '"\\u0000"' })]), 2, /type that contains U\+0000/],
  'a type that is half a character': [signed([event({ type: '"\\ud800"' })]), 2, /lone surrogate/],
  'a type in other escapes': [signed([event({ type: '"\\u0061"' })]), 2, /not in the form of an export/],
  'a type with a raw newline': [signed([event({ type: '"a\nb"' })]), 2, /neither an event/],
  'a type with a raw tab': [signed([event({ type: '"a\tb"' })]), 2, /no JSON string/],
  'a body that is no JSON': [signed([event({ body: '{n: 1}' })]), 2, /not JSON/],
  'two bodies': [signed([event({ body: '{},"body":{}' })]), 2, /not JSON/],
  'a body that ends early': [signed([event({ body: '{' })]), 2, /not JSON/],
  'a key more': [signed([event({ extra: '1' })]), 2, /not JSON/],
  'a key of prototypes': [signed([event({ body: '{},"__proto__":{"polluted":true}' })]), 2, /not JSON/],
  'a raw NUL': [signed([event({ body: '{"a": "\0"}' })]), 2, /not JSON/],
  'an escaped NUL': [signed([event({ body: '{"a": "\\u0000"}' })]), 2, /U\+0000/],
  'half a character': [signed([event({ body: '{"a": "\\udc00"}' })]), 2, /lone surrogate/],
  'one key twice': [signed([event({ body: '{"a": 1, "a": 1}' })]), 2, /in another form than PostgreSQL prints/],
  'keys in another order': [
    signed([event({ body: '{"bb": 1, "a": 1}' })]),
    2,
    /in another form than PostgreSQL prints/,
  ],
  'a body without spaces': [
    signed([eventAt(1), event({ sequence: '2', body: '{"a":1}' })]),
    3,
    /in another form than PostgreSQL prints/,
  ],
  'a number with an exponent': [signed([event({ body: '{"a": 1e400}' })]), 2, /in another form than PostgreSQL prints/],
  'an endless number': [signed([event({ body: '{"a": 1e200000}' })]), 2, /more digits than PostgreSQL keeps/],
  'a number of 140,000 digits': [
    signed([event({ body: '9'.repeat(140_000) })]),
    2,
    /more digits than PostgreSQL keeps/,
  ],
  'a negative zero': [signed([event({ body: '{"a": -0.0}' })]), 2, /in another form than PostgreSQL prints/],
  'an escape that is not needed': [
    signed([event({ body: '{"a": "\\u0061"}' })]),
    2,
    /in another form than PostgreSQL prints/,
  ],
  'a snapshot that PostgreSQL prints otherwise': [
    signed([snapshot(A, '{"a":1}')]),
    2,
    /in another form than PostgreSQL prints/,
  ],
  'an exponent below 500 levels': [signed([event({ body: deep(600, '1e5') })]), 2, /has an exponent/],
  'an escaped NUL below 500 levels': [signed([event({ body: deep(600, '"\\u0000"') })]), 2, /U\+0000/],
  'a body of a hundred thousand levels': [
    signed([event({ body: deep(100_000) })]),
    2,
    /with 100000 levels of nesting, more than this server can hold/,
  ],
  'a snapshot of a hundred thousand levels': [signed([snapshot(A, `{"a": ${deep(100_000)}}`)]), 2, /levels of nesting/],
};

for (const [name, [file, line, problem]] of Object.entries(HOSTILE))
  test.serial(`refused with its line: ${name}`, async (t) => {
    const error = await nothingIsImported(t, file);
    t.is(lineOf(error), line, String(error));
    t.regex((error as Error).message, problem);
    t.true((error as Error).message.length < 300, 'and without repeating what it cannot take');
  });

test.serial(
  'what only looks hostile is imported: keys of prototypes, thousands of levels, digits without end',
  async (t) => {
    const digits = `${'9'.repeat(131_072)}.${'1'.repeat(16_383)}`;
    const file = signed([
      event({ body: '{"__proto__": {"polluted": true}, "constructor": null}' }),
      event({ sequence: '2', timestamp: `"f${'0'.repeat(31)}"`, body: deep(500) }),
      event({ sequence: '3', timestamp: `"f${'0'.repeat(30)}2"`, body: deep(501) }),
      event({ sequence: '4', timestamp: `"f${'0'.repeat(30)}3"`, body: deep(3000) }),
      event({ sequence: '2147483647', timestamp: `"f${'1'.repeat(31)}"`, type: '" "', body: digits }),
      snapshot(A, 'null', '-2147483648'),
    ]);
    t.like(await imported(database, file), { events: 5, snapshots: 1, incomplete: 1 });
    t.is(await exported(database), file);
    t.false('polluted' in {});
    await emptied(database);
  },
);

test.serial('a line without end is refused before it fills the memory', async (t) => {
  const piece = Buffer.alloc(1 << 20, 'x');
  let pieces = 0;
  const endless = async function* () {
    yield Buffer.from(`${HEADER}\n`);
    for (;;) {
      pieces += 1;
      yield piece;
    }
  };
  const stdin = Object.assign(endless(), { isTerminal: false });
  const lines = readLines('-', { context: aContext({ stdin }) } as unknown as Invocation);
  const error = await t.throwsAsync(importLog(database, lines), { instanceOf: InputError });
  t.is(error.message, 'Standard input, line 2, is longer than 300000000 bytes.');
  t.true(pieces < 310);
  t.is(await exported(database), EMPTY);
});
