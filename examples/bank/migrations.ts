import type { Knex } from 'knex';

/** The steps that made the bank's own tables what they are, oldest first. One that was released never changes. */
const steps: Readonly<Record<string, Knex.Migration>> = {
  '001_account_names': {
    up: (knex) =>
      knex.schema.createTable('account_names', (table) => {
        table.text('name').primary();
        table.binary('account_id').notNullable();
      }),
    down: (knex) => knex.schema.dropTable('account_names'),
  },
};

const migrationSource: Knex.MigrationSource<string> = {
  getMigrations: async () => Object.keys(steps),
  getMigrationName: (name) => name,
  getMigration: async (name) => steps[name] as Knex.Migration,
};

/** Brings the bank's own tables up to date, with Knex's migrator. Those of Maestro are migrated by Maestro. */
export async function migrateBank(knex: Knex): Promise<void> {
  await knex.migrate.latest({ migrationSource });
}
