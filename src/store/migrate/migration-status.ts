import type { Knex } from 'knex';
import { migrations } from '../../../migrations/index.js';
import { storeError } from '../failures/database-errors.js';
import {
  ADOPTED_BATCH,
  EMPTY_STATE,
  faultsOf,
  type MigrationState,
  partitionsOf,
  readMigrationState,
  unknownSteps,
} from './migration-state.js';
import { withReadRetry } from '../read/read-retry.js';
import { checkSchemaName, DEFAULT_SCHEMA } from '../schema-name.js';

/** How far a schema has come. */
export interface MigrationStatus {
  /** The schema that was looked at. */
  readonly schema: string;
  /** Every step, and those that the database has but this version does not know. */
  readonly steps: readonly MigrationStepStatus[];
  /** How many hash partitions the event log has, 1 for the plain table; absent when there is no log. */
  readonly partitions: number | undefined;
  /** In what the tables differ from their proper shape; empty when they do not. */
  readonly faults: readonly string[];
  /** Whether every step is taken, none is unknown, and the tables are in shape. */
  readonly upToDate: boolean;
}

/** One step, and whether it was taken. */
export interface MigrationStepStatus {
  readonly name: string;
  /** `adopted`: the table was there already; `unknown`: a newer Maestro took the step. */
  readonly state: 'applied' | 'adopted' | 'pending' | 'unknown';
  /** When it was recorded; absent while it is pending. */
  readonly at: Date | undefined;
}

/** Looks how far a schema has come; changes nothing. Without a Knex instance: the status of an empty database. */
export async function migrationStatus(
  knex: Knex | undefined,
  { schema = DEFAULT_SCHEMA }: { readonly schema?: string | undefined } = {},
): Promise<MigrationStatus> {
  checkSchemaName(schema);
  try {
    return statusOf(
      knex === undefined ? EMPTY_STATE : await withReadRetry(() => readMigrationState(knex, schema)),
      schema,
    );
  } catch (error) {
    throw storeError(error);
  }
}

function statusOf(state: MigrationState, schema: string): MigrationStatus {
  const unknown = unknownSteps(state);
  const names = [...migrations.map(({ name }) => name), ...unknown];
  const steps = names.map((name): MigrationStepStatus => {
    const taken = state.applied.find((step) => step.name === name);
    if (taken === undefined) return { name, state: 'pending', at: undefined };
    const known = taken.batch === ADOPTED_BATCH ? 'adopted' : 'applied';
    return { name, state: unknown.includes(name) ? 'unknown' : known, at: taken.at ?? undefined };
  });
  const faults = faultsOf(state);
  const isComplete = steps.every((step) => step.state === 'applied' || step.state === 'adopted');
  return { schema, steps, partitions: partitionsOf(state), faults, upToDate: isComplete && faults.length === 0 };
}
