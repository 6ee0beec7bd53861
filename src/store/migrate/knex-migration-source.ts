import type { Knex } from 'knex';
import { migrations } from '../../../migrations/index.js';
import type { Migration } from './migration.js';
import { ForeignSchemaError } from './migration-errors.js';
import { readShapes, stepFaults } from './migration-state.js';
import { PLAIN } from '../layout/layout.js';
import { execute } from '../read/rows.js';
import { checkSchemaName, DEFAULT_SCHEMA } from '../schema-name.js';

/** A step, with the name under which `knex migrate:list` shows it while it is pending. */
export interface KnexStep extends Migration {
  readonly file: string;
}

/**
 * The steps for Knex's own migrator and command line, in the plain layout. Names have no file extension, so a run from
 * TypeScript and one from JavaScript agree; tables that are there in the right shape are adopted.
 */
export class MaestroMigrationSource implements Knex.MigrationSource<KnexStep> {
  readonly #schema: string;

  /** Throws `InvalidArgumentError` when the schema's name is not one that Maestro takes. */
  constructor({ schema = DEFAULT_SCHEMA }: { /** @defaultValue 'public' */ readonly schema?: string } = {}) {
    this.#schema = checkSchemaName(schema);
  }

  async getMigrations(): Promise<KnexStep[]> {
    return migrations.map((migration) => ({ ...migration, file: migration.name }));
  }

  getMigrationName(migration: KnexStep): string {
    return migration.name;
  }

  async getMigration(migration: KnexStep): Promise<Knex.Migration> {
    const context = { schema: this.#schema, layout: PLAIN };
    return {
      up: async (knex) => {
        const shapes = await readShapes(knex, this.#schema, migration.tables);
        const faults = stepFaults(migration, shapes, false);
        if (faults.length > 0) throw new ForeignSchemaError(faults);
        if (shapes.size === 0) for (const statement of migration.up(context)) await execute(knex, statement);
      },
      down: async (knex) => {
        for (const statement of migration.down(context)) await execute(knex, statement);
      },
    };
  }
}
