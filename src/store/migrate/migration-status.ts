import type { Knex } from 'knex';
import { migrations } from '../../../migrations/index.js';
import { storeError } from '../failures/database-errors.js';
import {
  ADOPTED_BATCH,
  EMPTY_STATE,
  isEssential,
  tableFaults,
  layoutOf,
  type MigrationState,
  readMigrationState,
  unknownSteps,
} from './migration-state.js';
import { type Conversion, conversionOf } from './citus/online/conversion.js';
import { withReadRetry } from '../read/read-retry.js';
import type { Layout } from '../layout/layout.js';
import { checkSchemaName, DEFAULT_SCHEMA } from '../schema-name.js';

/** The state of a schema's migrations. */
export interface MigrationStatus {
  /** The schema. */
  readonly schema: string;
  /** Every step of this version, then those that only the database knows. */
  readonly steps: readonly MigrationStepStatus[];
  /** Number of hash partitions of the event log, 1 for a table without; absent when there is no log. */
  readonly partitions: number | undefined;
  /** The layout of the tables; absent when there is no log. */
  readonly layout: Layout | undefined;
  /**
   * The state of tables that are being spread over a Citus cluster while they are used, or whose spreading was broken off: only `prepared`, or
   * `unfinished`, which is a fault, too; absent when there is no such work.
   */
  readonly conversion?: Conversion;
  /** Differences of the tables from their proper shape, a sentence each; empty when there are none. */
  readonly faults: readonly string[];
  /** True when every step is applied or adopted, none is unknown, and the tables have their proper shape. */
  readonly upToDate: boolean;
}

/** The state of one step. */
export interface MigrationStepStatus {
  readonly name: string;
  /** `adopted`: the table was there already; `unknown`: a newer Maestro took the step. */
  readonly state: 'applied' | 'adopted' | 'pending' | 'unknown';
  /** The time at which it was recorded; absent while it is pending. */
  readonly at: Date | undefined;
  /** True when nothing can be stored without it; false when only what uses its table needs it, or when it is unknown. */
  readonly essential: boolean;
}

/**
 * Reads the state of a schema's migrations; changes nothing. Without a Knex instance: the status of an empty database.
 */
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
    const essential = migrations.some((step) => step.name === name && isEssential(step));
    if (taken === undefined) return { name, state: 'pending', at: undefined, essential };
    const known = taken.batch === ADOPTED_BATCH ? 'adopted' : 'applied';
    return { name, state: unknown.includes(name) ? 'unknown' : known, at: taken.at ?? undefined, essential };
  });
  const faults = tableFaults(state);
  const isComplete = steps.every((step) => step.state === 'applied' || step.state === 'adopted');
  const layout = layoutOf(state);
  const partitions = layout && (layout.kind === 'partitioned' ? layout.parts : 1);
  const conversion = conversionOf(state.shapes);
  return {
    schema,
    steps,
    partitions,
    layout,
    ...(conversion !== undefined && { conversion }),
    faults,
    upToDate: isComplete && faults.length === 0,
  };
}
