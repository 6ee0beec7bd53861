import type { Knex } from 'knex';
import { MaestroMigrationSource } from './src/store/migrate/knex-migration-source.js';

/**
 * For Knex's own command line: `NODE_OPTIONS='--import tsx' npx knex migrate:list`, with the database in `DATABASE_URL`.
 * `maestro migrate` does more: it waits for other runners, adopts tables, makes partitions and shows its SQL.
 */
const environment: Knex.Config = {
  client: 'pg',
  connection: () => {
    const url = process.env['DATABASE_URL'];
    if (url === undefined || url === '') throw new Error('DATABASE_URL names no database.');
    return { connectionString: url };
  },
  migrations: { migrationSource: new MaestroMigrationSource(), tableName: 'maestro_migrations' },
};

export default { development: environment, test: environment, production: environment };
