import type { Knex } from 'knex';
import { driverMessage, isConnectionLost, isDeadlock, sqlState } from '../../store/driver/driver-error.js';
import { PermissionDeniedError } from '../../store/errors.js';
import { describeMembers, objectsOf } from '../../store/catalog/schema-objects.js';
import { type Executor, execute, query } from '../../store/read/rows.js';
import type { ReadModelDefinition } from '../definition.js';
import { type Copy, withCopyPath } from './copy.js';
import { ReadModelSetUpError } from './errors.js';
import { catalogSnapshot, madeElsewhere } from './made-elsewhere.js';
import { isMovable, quoted } from './move-objects.js';
import { tellCluster } from './tell-cluster.js';

/** The parts of a copy that has no tables yet. */
export type EmptyCopy = Copy & { readonly buildSchema: string; readonly liveSchema: string };

/**
 * Runs `setUp` so that what it makes lies in the build schema of the copy, which this creates; gives the names of the tables
 * and of all that was made. Throws {@link ReadModelSetUpError} when it fails, makes something in another place, or something
 * that cannot be moved; then the transaction has to be rolled back.
 */
export async function setUpCopy(
  transaction: Knex.Transaction,
  schema: string,
  { name, setUp }: ReadModelDefinition,
  copy: EmptyCopy,
): Promise<Pick<Copy, 'tables' | 'objects'>> {
  const { buildSchema } = copy;
  await createSchema(transaction, name, buildSchema);
  const before = await catalogSnapshot(transaction);
  const [[path] = ['']] = await query<[string]>(transaction, "SELECT current_setting('search_path')");
  await withCopyPath(transaction, copy);
  try {
    await setUp?.(transaction);
  } catch (error) {
    throw setUpFailure(name, error);
  }
  await execute(transaction, "SELECT set_config('search_path', ?, true)", [path]);
  const strays = await madeElsewhere(transaction, before, buildSchema);
  if (strays.length > 0)
    throw new ReadModelSetUpError(
      name,
      `setUp made ${strays.join(', ')} in another place than Maestro told it to.`,
      'Name tables and all else in setUp without a schema, so that Maestro can make them a second time for a rebuild. What exists once only, such as an extension, belongs into a migration of the application.',
    );
  const made = await objectsOf(transaction, buildSchema);
  if (made.length === 0 && setUp !== undefined)
    throw new ReadModelSetUpError(
      name,
      'setUp made nothing.',
      'A query of Knex runs when it is awaited, so `await` or return each one in setUp. Leave setUp out when migrations of the application make the tables.',
    );
  const unmovable = made.filter((object) => !isMovable(object));
  if (unmovable.length > 0)
    throw new ReadModelSetUpError(
      name,
      `setUp made ${unmovable.map(({ description }) => description).join(', ')}, which Maestro cannot move.`,
      'Make it once, in a migration of the application, instead of in setUp.',
    );
  const members = await describeMembers(transaction, buildSchema, made);
  await tellCluster(transaction, schema, name, buildSchema);
  return {
    tables: made.filter(({ kind }) => kind === 'table').map((object) => object.name),
    objects: members,
  };
}

async function createSchema(transaction: Executor, name: string, schema: string): Promise<void> {
  try {
    await execute(transaction, `CREATE SCHEMA ${quoted(schema)}`);
  } catch (error) {
    if (sqlState(error) === '42P06')
      throw new ReadModelSetUpError(
        name,
        `the schema ${schema}, in which its tables would be made, exists already.`,
        `Look what it has. If it is left over from an older database, drop it: DROP SCHEMA ${quoted(schema)} CASCADE.`,
        error,
      );
    throw permissionDenied(name, error);
  }
}

/** Converts the refusal of a right into an error that says what to grant; returns other errors as they are. */
export function permissionDenied(name: string, error: unknown): unknown {
  if (sqlState(error) !== '42501') return error;
  return new PermissionDeniedError(
    `The role may not make or replace the tables of the projection ${JSON.stringify(name)}: ${driverMessage(error)}.`,
    {
      hint: 'Tables are made in a schema of their own and moved from there: the role needs GRANT CREATE ON DATABASE … and GRANT USAGE, CREATE ON SCHEMA … for the schema of the tables, and has to be a member of their owner. Or run `maestro projections run --once` with a role that has these rights.',
      cause: error,
    },
  );
}

function setUpFailure(name: string, error: unknown): unknown {
  // Others were in the way; the same may succeed later.
  if (isConnectionLost(error) || isDeadlock(error) || ['40001', '55P03', '57014'].includes(sqlState(error) ?? ''))
    return error;
  if (sqlState(error) === '42501') return permissionDenied(name, error);
  return new ReadModelSetUpError(
    name,
    `setUp failed: ${driverMessage(error)}.`,
    'Correct setUp; nothing has to be cleaned up. The error is the cause. A setUp that failed runs again at the next start.',
    error,
  );
}
