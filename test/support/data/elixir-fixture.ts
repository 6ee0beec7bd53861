import { readFileSync } from 'node:fs';
import type { Knex } from 'knex';

/** An event as the dump of Elixir Maestro's database holds it; the body is PostgreSQL's text for it. */
export interface DumpedEvent {
  readonly timestamp: string;
  readonly aggregateId: string;
  readonly sequence: number;
  readonly type: string;
  readonly body: string;
}

/** A snapshot as the dump holds it. */
export interface DumpedSnapshot {
  readonly aggregateId: string;
  readonly sequence: number;
  readonly body: string;
}

/** The values that Elixir Maestro itself gave for an aggregate of the dump. */
export interface ExpectedAggregate {
  readonly aggregateId: string;
  readonly text: string;
  readonly eventCount: number;
  readonly initialState: unknown;
  readonly eventTypes: Readonly<Record<string, number>>;
  readonly snapshot: { readonly sequence: number; readonly body: unknown } | null;
  readonly replay: readonly { readonly sequence: number; readonly state: unknown }[];
}

/** A `COPY … FROM stdin` block of the dump. */
interface CopyBlock {
  readonly table: string;
  readonly columns: string;
  readonly rows: readonly (readonly (string | null)[])[];
}

const COPY = /^COPY public\.(\w+) \((.*)\) FROM stdin;\n([\s\S]*?)^\\\.\n/gm;
const CONTROL: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' };

const dump = readFixture('elixir-maestro-1.0.sql');

/** The aggregates of the dump with the states that Elixir Maestro 1.0 itself gave for them. */
export const expectedAggregates = (
  JSON.parse(readFixture('elixir-maestro-1.0-expected.json')) as { aggregates: readonly ExpectedAggregate[] }
).aggregates;

/** Every event of the dump, as it stands in the file. */
export function dumpedEvents(): DumpedEvent[] {
  return rowsOf('event_log').map(([timestamp, aggregateId, sequence, type, body]) => ({
    timestamp: hex(timestamp),
    aggregateId: hex(aggregateId),
    sequence: Number(sequence),
    type: String(type),
    body: String(body),
  }));
}

/** Every snapshot of the dump. */
export function dumpedSnapshots(): DumpedSnapshot[] {
  return rowsOf('snapshots').map(([aggregateId, sequence, body]) => ({
    aggregateId: hex(aggregateId),
    sequence: Number(sequence),
    body: String(body),
  }));
}

/**
 * Restores the dump of a database that Elixir Maestro 1.0 made into a schema, which is made when it is not there. Works
 * on a server and on the embedded database.
 */
export async function loadElixirFixture(knex: Knex, schema = 'public'): Promise<void> {
  const [tables, constraints] = [/^CREATE TABLE/, /^(ALTER TABLE|CREATE UNIQUE INDEX)/].map((kind) =>
    statements().filter((statement) => kind.test(statement)),
  ) as [string[], string[]];
  await knex.transaction(async (transaction) => {
    const run = (sql: string) => transaction.raw(sql.replaceAll('?', '\\?'));
    await run(`CREATE SCHEMA IF NOT EXISTS "${schema}"`);
    for (const statement of tables) await run(inSchema(statement, schema));
    for (const { table, columns, rows } of copyBlocks()) {
      const values = rows.map((row) => `(${row.map(literal).join(', ')})`);
      await run(`INSERT INTO "${schema}".${table} (${columns}) VALUES ${values.join(',\n')}`);
    }
    for (const statement of constraints) await run(inSchema(statement, schema));
  });
}

/** The statements of the dump that are not data. */
function statements(): string[] {
  return dump
    .replace(COPY, '')
    .replace(/^--.*\n/gm, '')
    .split(/;\n/)
    .map((statement) => statement.trim());
}

function copyBlocks(): CopyBlock[] {
  return Array.from(dump.matchAll(COPY), ([, table = '', columns = '', data = '']) => ({
    table,
    columns,
    rows: data
      .split('\n')
      .slice(0, -1)
      .map((line) => line.split('\t').map(cell)),
  }));
}

function rowsOf(table: string): CopyBlock['rows'] {
  const block = copyBlocks().find((candidate) => candidate.table === table);
  if (block === undefined) throw new Error(`The dump has no rows of ${table}.`);
  return block.rows;
}

/** The value of a cell of COPY's text format. */
function cell(text: string): string | null {
  if (text === '\\N') return null;
  return text.replace(/\\(.)/g, (_, character: string) => CONTROL[character] ?? character);
}

function literal(value: string | null): string {
  return value === null ? 'NULL' : `'${value.replaceAll("'", "''")}'`;
}

function inSchema(statement: string, schema: string): string {
  return statement.replaceAll(/\bpublic\./g, `"${schema}".`);
}

function hex(bytea: string | null | undefined): string {
  return String(bytea).replace(/^\\x/, '');
}

function readFixture(name: string): string {
  return readFileSync(new URL(`../../fixtures/${name}`, import.meta.url), 'utf8');
}
