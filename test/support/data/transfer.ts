import { Readable } from 'node:stream';
import fc from 'fast-check';
import type { NonTransactionalLog } from '../../../src/admin/log/event-log.js';
import { exportLog, type ExportOptions } from '../../../src/admin/transfer/export-log.js';
import { importLog, type ImportOptions, type ImportReport } from '../../../src/admin/transfer/import-log.js';
import { footerLine, HEADER, newDigest } from '../../../src/admin/transfer/export-format.js';
import { readLines } from '../../../src/cli/input/read-lines.js';
import type { Invocation } from '../../../src/cli/invocation.js';
import type { Timestamp } from '../../../src/hlc/timestamp.js';
import { printJson } from '../../../src/json/print.js';
import { byteaArray, execute } from '../../../src/store/read/rows.js';
import { codePoints, jsonValues, timestamps } from './arbitraries.js';
import { aContext } from '../../../scripts/support/program.js';

/** A row of the event log, as any application may have written it. */
export interface EventRow {
  readonly timestamp: Timestamp;
  readonly aggregateId: Timestamp;
  readonly sequence: number;
  readonly type: string;
  /** JSON text. */
  readonly body: string;
}

/** A row of the table of snapshots. */
export type SnapshotRow = Pick<EventRow, 'aggregateId' | 'sequence' | 'body'>;

/** All rows of a log. */
export interface LogRows {
  readonly events: readonly EventRow[];
  readonly snapshots: readonly SnapshotRow[];
}

/** The text of an export of a log. */
export async function exported(log: NonTransactionalLog, options: ExportOptions = {}): Promise<string> {
  let text = '';
  await exportLog(log, options, async (piece) => {
    text += piece;
  });
  return text;
}

/** Imports a text, or the bytes of one, which come in pieces of some size. */
export async function imported(
  log: NonTransactionalLog,
  input: string | Uint8Array,
  options: ImportOptions = {},
  pieces = 64 * 1024,
): Promise<ImportReport> {
  return await importLog(log, linesOf(input, pieces), options);
}

/** The lines of a text, or of the bytes of one, which come in pieces of some size. */
export function linesOf(input: string | Uint8Array, pieces = 64 * 1024): ReturnType<typeof readLines> {
  const bytes = Buffer.from(input);
  const chunks = Array.from({ length: Math.ceil(bytes.length / pieces) }, (_, index) =>
    bytes.subarray(index * pieces, (index + 1) * pieces),
  );
  const stdin = Object.assign(Readable.from(chunks), { isTerminal: false });
  const session = { context: aContext({ stdin }) } as unknown as Invocation;
  return readLines('-', session);
}

/** An export of these lines, with the footer that belongs to them. */
export function signed(lines: readonly string[], header = HEADER): string {
  const text = [header, ...lines].map((line) => `${line}\n`).join('');
  const snapshots = lines.filter((line) => line.startsWith('{"snapshot"')).length;
  const sha256 = newDigest().update(text).digest('hex');
  return `${text}${footerLine({ events: lines.length - snapshots, snapshots, sha256 })}\n`;
}

/** Writes rows past the store, which would refuse some of what another application may write. */
export async function insertRows({ knex, schema = 'public' }: NonTransactionalLog, rows: LogRows): Promise<void> {
  const one = ({ timestamp, aggregateId, sequence, type, body }: EventRow) =>
    JSON.stringify([timestamp.hex, aggregateId.hex, sequence, type, body]);
  await execute(
    knex,
    `INSERT INTO "${schema}".event_log ("timestamp", aggregate_id, sequence, type, body)
SELECT decode(r->>0, 'hex'), decode(r->>1, 'hex'), (r->>2)::integer, r->>3, (r->>4)::jsonb
FROM json_array_elements(?::text::json) r`,
    [`[${rows.events.map(one).join(',')}]`],
  );
  for (const { aggregateId, sequence, body } of rows.snapshots)
    await execute(knex, `INSERT INTO "${schema}".snapshots VALUES (?, ?, ?::text::jsonb)`, [
      aggregateId.encode(),
      sequence,
      body,
    ]);
}

/** Empties a log, or forgets some aggregates. */
export async function emptied(
  { knex, schema = 'public' }: NonTransactionalLog,
  ids?: readonly Timestamp[],
): Promise<void> {
  const where = ids === undefined ? '' : 'WHERE aggregate_id = ANY (?::text::bytea[])';
  for (const table of ['event_log', 'snapshots', 'maestro_commands'])
    await execute(knex, `DELETE FROM "${schema}".${table} ${where}`, ids === undefined ? [] : [byteaArray(ids)]);
}

/** Logs as several applications may have left them: any type and body that the columns hold, gaps, snapshots of nothing. */
export function logs(): fc.Arbitrary<LogRows> {
  const aggregate = fc.record({
    id: timestamps(),
    events: fc.uniqueArray(
      fc.record({ timestamp: timestamps(), sequence: fc.integer({ min: 1, max: 7 }), type: types(), body: bodies() }),
      { selector: ({ sequence }) => sequence, maxLength: 5 },
    ),
    snapshot: fc.option(
      fc.record({
        sequence: fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })),
        body: bodies(),
      }),
      { nil: undefined },
    ),
  });
  return fc.uniqueArray(aggregate, { selector: ({ id }) => id.hex, maxLength: 4 }).map((aggregates) => {
    const taken = new Set<string>();
    const isNew = ({ timestamp: { hex } }: { timestamp: Timestamp }) => !taken.has(hex) && taken.add(hex);
    return {
      events: aggregates.flatMap(({ id, events }) =>
        events.filter(isNew).map((event) => ({ ...event, aggregateId: id })),
      ),
      snapshots: aggregates.flatMap(({ id, snapshot }) =>
        snapshot === undefined ? [] : [{ ...snapshot, aggregateId: id }],
      ),
    };
  });
}

/** Types that fit in the column, also those that the library would refuse. */
function types(): fc.Arbitrary<string> {
  return fc.oneof(
    fc.constantFrom(
      '',
      ' ',
      'opened ',
      'a\nb',
      '\r',
      '\t\\N\\.',
      '\u007f\u0085\u2028',
      '"',
      '\\',
      '\u202e',
      '🎭'.repeat(256),
    ),
    fc.string({ unit: codePoints(), maxLength: 40 }).map((text) => text.replaceAll('\0', '')),
  );
}

/** JSON texts of any kind, with numbers whose digits JavaScript would lose. */
function bodies(): fc.Arbitrary<string> {
  const digits = fc.stringMatching(/^[0-9]{1,40}$/);
  const numbers = fc.oneof(
    fc.constantFrom('1.10', '1.0', '0.00', '1e400', '-1E-400', '12345678901234567890.50', `9${'0'.repeat(2000)}`),
    fc.tuple(digits, digits).map(([whole, fraction]) => `${BigInt(whole)}.${fraction}`),
  );
  return fc.oneof(
    { weight: 4, arbitrary: fc.tuple(jsonValues(), numbers).map(([value, n]) => `{"n":${n},"v":${printJson(value)}}`) },
    { weight: 1, arbitrary: jsonValues().map((value) => printJson(value)) },
    { weight: 1, arbitrary: numbers },
  );
}
