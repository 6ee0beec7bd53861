import type { Knex } from 'knex';
import { MaestroMigrationSource } from './src/store/knex-migration-source.js';

/** For Knex's own command line, such as `npx tsx node_modules/knex/bin/cli.js migrate:list`; `maestro migrate` does more. */
const environment: Knex.Config = {
  client: 'pg',
  connection: process.env['DATABASE_URL'] ?? '',
  migrations: { migrationSource: new MaestroMigrationSource(), tableName: 'maestro_migrations' },
};

export default { development: environment, test: environment, production: environment };
