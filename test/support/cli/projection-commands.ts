import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Knex } from 'knex';
import type { Timestamp } from '../../../src/hlc/timestamp.js';
import { migrate } from '../../../src/store/migrate/migrator.js';
import { PostgresStore } from '../../../src/store/postgres-store.js';
import { testUrl } from '../database.js';
import { anEvent, anId } from '../data/factories.js';
import { type CliOptions, type CliResult, runCli } from './cli.js';

/**
 * Writes `maestro.config.ts`, whose projection `owners` fails at owners that begin with "bad", and further ones beside it:
 * `fixed.config.ts`, where it does not; `next.config.ts`, where it has version 2; `uncovered.config.ts`, where it has no `erased`.
 */
export function writeConfigurations(folder: string): void {
  const configuration = (change: { version?: number; fails?: boolean; erased?: boolean }) => {
    const { version = 1, fails = true, erased = true } = change;
    return `import { defineAggregate, defineProjection, defineSubscription } from 'maestro-store';
const Account = defineAggregate({ name: 'account', initialState: () => null, commands: {},
  events: { opened: (state, body: { owner: string }) => state, renamed: (state, body: { owner: string }) => state } });
const failing = (owner: string) => {
  if (${fails} && owner.startsWith('bad')) throw new Error('no owner \\u001b[31m' + owner);
};
const owners = defineProjection({
  name: 'owners', version: ${version}, from: [Account],
  setUp: async (trx) => {
    await trx.schema.createTable('owners', (table) => {
      table.binary('id').primary();
      table.text('owner');
      table.integer('version').notNullable();
    });
  },
  project: {
    opened: async ({ aggregateId, body }, trx) => {
      failing(body.owner);
      await trx('owners').insert({ id: aggregateId.encode(), owner: body.owner, version: ${version} });
    },
    renamed: async ({ aggregateId, body }, trx) => {
      failing(body.owner);
      await trx('owners').where({ id: aggregateId.encode() }).update({ owner: body.owner });
    },
  },
  ${erased ? 'erased: async (id, trx) => { await trx("owners").where({ id: id.encode() }).delete(); },' : ''}
});
const mails = defineSubscription({ name: 'mails', from: [Account], startAt: 'beginning', handle: { opened: async () => {} } });
export default { aggregates: [Account], projections: [owners, mails] };
`;
  };
  for (const [name, change] of Object.entries({
    maestro: {},
    fixed: { fails: false },
    next: { version: 2, fails: false },
    uncovered: { erased: false },
  }))
    writeFileSync(join(folder, `${name}.config.ts`), configuration(change));
}

/** A log with accounts, whose projections a command line runs. */
export interface ProjectedLog {
  readonly schema: string;
  readonly store: PostgresStore;
  /** Runs `maestro` in the folder with the configurations. */
  readonly maestro: (argv: readonly string[], options?: CliOptions) => Promise<CliResult>;
  /** The environment of those commands. */
  readonly environment: Record<string, string>;
  /** Opens an account for each owner, and gives their ids. */
  readonly open: (...owners: readonly string[]) => Promise<Timestamp[]>;
  /** The owners in the read model, in order. */
  readonly owners: () => Promise<string[]>;
}

/** A migrated log in a schema of its own, in which the tables of its projections are, too. */
export async function aProjectedLog(
  { knex, folder, url: at = testUrl() }: { readonly knex: Knex; readonly folder: string; readonly url?: string },
  schema: string,
  { partitions = 1 }: { readonly partitions?: number } = {},
): Promise<ProjectedLog> {
  await migrate(knex, { schema, partitions });
  const store = new PostgresStore(knex, { schema });
  const url = new URL(at);
  url.searchParams.set('options', `-csearch_path=${schema}`);
  const environment = { MAESTRO_DATABASE_URL: url.href, MAESTRO_SCHEMA: schema };
  return {
    schema,
    store,
    environment,
    maestro: (argv, options = {}) => runCli(argv, { cwd: folder, ...options, env: { ...environment, ...options.env } }),
    open: async (...owners) => {
      const ids = owners.map(() => anId());
      for (const [index, id] of ids.entries())
        await store.commitEvents([anEvent(id, { type: 'opened', body: { owner: owners[index] ?? '' } })]);
      return ids;
    },
    owners: async () => {
      const { rows } = await knex.raw<{ rows: { owner: string }[] }>('SELECT owner FROM ??.owners ORDER BY owner', [
        schema,
      ]);
      return rows.map(({ owner }) => owner);
    },
  };
}
