import type { Knex } from 'knex';
import type { PostgresStoreOptions } from '../postgres-store-options.js';
import { clientOf } from '../driver/relied-upon.js';
import { DEFAULT_SCHEMA } from '../schema-name.js';
import { type Statements, statementsFor } from '../statements.js';

/** The parts of a store that commits need. */
export interface CommitContext {
  readonly knex: Knex;
  readonly statements: Statements;
  readonly schema: string;
  /** The same object for all stores on one database: Knex's client of the instance that the store was made with. */
  readonly database: object;
  /** Compare every stored row with the one that was sent, and roll back when they differ. */
  readonly verifyWrites: boolean;
  /** Time in milliseconds that finding the outcome of a commit may take after its connection broke. */
  readonly recoveryTimeout: number;
}

/** The parts for one store. Throws `InvalidArgumentError` for a schema name that is not one. */
export function commitContext(knex: Knex, options: PostgresStoreOptions): CommitContext {
  const schema = options.schema ?? DEFAULT_SCHEMA;
  return {
    knex,
    statements: statementsFor(schema),
    schema,
    database: clientOf(knex),
    verifyWrites: options.verifyWrites ?? false,
    recoveryTimeout: options.recoveryTimeout ?? 10_000,
  };
}
