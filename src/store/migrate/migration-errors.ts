import { type ErrorCode, MaestroError, type MaestroErrorOptions } from '../../errors.js';

/** Another migration holds the lock, and still did when the time to wait for it was over. Nothing was changed. */
export class MigrationLockError extends MaestroError {
  readonly code = 'MAESTRO_MIGRATION_LOCK' satisfies ErrorCode;

  constructor(
    /** The time that it waited, in milliseconds. */ readonly lockTimeout: number,
    cause: unknown,
    /** Holders of the tables, in a sentence, where they are known. */ holders?: string,
  ) {
    super(
      `Another migration, or another lock on the tables, did not end within ${lockTimeout / 1000} s.${holders === undefined ? '' : ` ${holders}`}`,
      {
        hint: 'Wait for it to end and run this again, or wait longer with --lock-timeout.',
        cause,
      },
    );
  }
}

/** The database was migrated by a newer version of Maestro. Nothing was changed. */
export class DatabaseNewerError extends MaestroError {
  readonly code = 'MAESTRO_DATABASE_NEWER' satisfies ErrorCode;

  constructor(/** The unknown steps. */ readonly unknown: readonly string[]) {
    super(
      `The database was migrated by a newer Maestro, with steps that this version does not know: ${unknown.join(', ')}.`,
      {
        hint: 'Use the Maestro version that migrated it, or a newer one. Nothing was changed.',
      },
    );
  }
}

/** A table exists, but has another shape than Maestro and Elixir Maestro 1.0 give it. Nothing was changed. */
export class ForeignSchemaError extends MaestroError {
  readonly code = 'MAESTRO_FOREIGN_SCHEMA' satisfies ErrorCode;

  constructor(
    /** One sentence per difference. */ readonly differences: readonly string[],
    hint = 'Name another schema with --schema, or change the tables by hand. Nothing was changed.',
  ) {
    super(`The tables are not in the shape of an event store: ${differences.join('; ')}.`, {
      hint,
    });
  }
}

/** The event log exists in another layout than the one asked for, and a layout cannot be changed. Nothing was done. */
export class LayoutMismatchError extends MaestroError {
  readonly code = 'MAESTRO_LAYOUT_MISMATCH' satisfies ErrorCode;
}

/** The layout of the event log is not changed: something would be lost, or could not be carried over. The log is in use as it was. */
export class LayoutChangeRefusedError extends MaestroError {
  readonly code = 'MAESTRO_LAYOUT_REFUSED' satisfies ErrorCode;

  constructor(
    /** Whatever is in the way, a few words each. */ readonly reasons: readonly string[],
    {
      hint = 'Take it away, or change it, and do it again for the new tables. Nothing was changed.',
      cause,
    }: MaestroErrorOptions = {},
  ) {
    super(`The layout of the event log is not changed because of ${reasons.join('; ')}.`, { hint, cause });
  }
}

/** The database is not the coordinator of a Citus cluster that could take the tables. Nothing was changed. */
export class ClusterNotReadyError extends MaestroError {
  readonly code = 'MAESTRO_CLUSTER_NOT_READY' satisfies ErrorCode;
}

/** Rolling back would drop stored events, snapshots or command ids. Nothing was changed. */
export class RollbackRefusedError extends MaestroError {
  readonly code = 'MAESTRO_ROLLBACK_REFUSED' satisfies ErrorCode;

  constructor(/** The tables that hold rows. */ readonly tables: readonly string[]) {
    super(`Rolling back would discard everything in ${tables.join(' and ')}; nothing was changed.`, {
      hint: 'To discard all of it for good, add --discard-all-events.',
    });
  }
}
