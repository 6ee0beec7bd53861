import { createReadStream, createWriteStream, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import { inBuiltCommand, type ProcessOptions, type Taken } from '../built-command.js';

/** The large log; one that lacks nothing but events; one with other aggregates; one whose events have correlation ids; one long history. */
export const SCHEMAS = {
  large: 'bench_large',
  empty: 'bench_empty',
  others: 'bench_others',
  traced: 'bench_traced',
  history: 'bench_history',
} as const;

/** The columns of an event, for COPY. */
export const COLUMNS = '"timestamp", aggregate_id, sequence, type, body';

/** The server that is measured, and a folder for files. */
export class BenchServer {
  readonly url: string;
  readonly client: pg.Client;
  readonly folder = mkdtempSync(join(tmpdir(), 'maestro-bench-'));

  constructor(url: string) {
    this.url = url;
    this.client = new pg.Client({ connectionString: url });
    writeFileSync(this.file('maestro.config.mjs'), CONFIGURATION);
  }

  /** The path of a file in the folder. */
  file(name: string): string {
    return join(this.folder, name);
  }

  /** Runs a command to its end. */
  async run(argv: readonly string[], schema: string, options: ProcessOptions = {}): Promise<Taken> {
    const env = { MAESTRO_DATABASE_URL: this.url, MAESTRO_SCHEMA: schema };
    return await inBuiltCommand(argv, { env, cwd: this.folder, measuresMemory: true, ...options });
  }

  async query(sql: string): Promise<void> {
    await this.client.query(sql);
  }

  /** Writes the rows of a query into a file, in COPY's form. */
  async copyOut(rows: string, name: string): Promise<void> {
    await pipeline(this.client.query(copyTo(`COPY (${rows}) TO STDOUT`)), createWriteStream(this.file(name)));
  }

  /** Copies the rows of such a file into the log of a schema. */
  async copyIn(name: string, schema: string): Promise<void> {
    const sql = `COPY ${schema}.event_log (${COLUMNS}) FROM STDIN`;
    await pipeline(createReadStream(this.file(name)), this.client.query(copyFrom(sql)));
  }
}

/** An aggregate with handlers for the events of a large log. */
const CONFIGURATION = `import { defineAggregate, defineConfig } from '${fileURLToPath(new URL('../../dist/src/index.js', import.meta.url))}';
const count = ({ events, sum }, { amount }) => ({ events: events + 1, sum: sum + amount });
const types = ['audited', ...Array.from({ length: 7 }, (_, type) => 'changed_' + type)];
export default defineConfig({ aggregates: [defineAggregate({
  name: 'counter', initialState: () => ({ events: 0, sum: 0 }), commands: {}, events: Object.fromEntries(types.map((type) => [type, count])),
})] });
`;
