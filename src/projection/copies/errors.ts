import { type ErrorCode, MaestroError } from '../../errors.js';

/** The tables of a projection could not be made, or not where Maestro can handle them. Nothing was changed. */
export class ReadModelSetUpError extends MaestroError {
  readonly code = 'MAESTRO_READ_MODEL_SET_UP' satisfies ErrorCode;

  constructor(
    /** The name of the projection. */ readonly projection: string,
    problem: string,
    hint: string,
    cause?: unknown,
  ) {
    super(`The projection ${JSON.stringify(projection)} cannot be set up: ${problem} Nothing was changed.`, {
      hint,
      cause,
    });
  }
}

/** The remedy when others depend on tables, by what is to be done with these. */
const MAKE_ROOM = {
  replaced: 'Let setUp make them, so that each rebuild makes them too; or drop them, rebuild, and make them again.',
  dropped: 'They would be lost with the tables: drop them first.',
} as const;

/**
 * Objects that the projection did not make depend on its tables, such as views, and would keep the old tables after a
 * rebuild or be lost with them. Nothing was changed.
 */
export class DependentObjectsError extends MaestroError {
  readonly code = 'MAESTRO_DEPENDENT_OBJECTS' satisfies ErrorCode;

  constructor(
    /** The name of the projection. */ readonly projection: string,
    /** Each object, its kind and its name, without the schema of the tables where it lies in that: `view public.owner_names`, `index owners_by_name`. */
    readonly objects: readonly string[],
    intent: keyof typeof MAKE_ROOM = 'replaced',
  ) {
    super(
      `The tables of the projection ${JSON.stringify(projection)} cannot be ${intent}, because others depend on them: ${objects.join('; ')}. Nothing was changed.`,
      { hint: MAKE_ROOM[intent] },
    );
  }
}
