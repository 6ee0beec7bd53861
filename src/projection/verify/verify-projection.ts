import { randomBytes } from 'node:crypto';
import type { Knex } from 'knex';
import { InvalidArgumentError } from '../../errors.js';
import type { Timestamp } from '../../hlc/timestamp.js';
import { driverOf } from '../../store/driver/driver-of.js';
import { storeError } from '../../store/failures/database-errors.js';
import { projectionTables } from '../../store/projection-tables.js';
import { execute } from '../../store/read/rows.js';
import { BUILD_PREFIX, type Copy, readCopies, withCopyPath } from '../copies/copy.js';
import { readerOf } from '../apply/run-events.js';
import { setUpCopy } from '../copies/set-up.js';
import type { ReadModelDefinition } from '../definition.js';
import { type ComparedTable, compareTable } from './compare-table.js';
import { FoldAside, type FoldFailure } from './fold-aside.js';
import { allPositions, chunksOf, countOfPositions, samplePositions } from './positions.js';
import { tableShapes } from './table-shapes.js';

/** Options for comparing a read model with the events. */
export interface VerifyProjectionOptions {
  /**
   * Number of random aggregates with events for the handlers to compare. A hundred times as many are drawn at most; where few of them
   * have any, the sample is smaller. @defaultValue 100
   */
  readonly sample?: number | undefined;
  /** Compare all aggregates, and find also rows that the handlers do not make from any event. @defaultValue false */
  readonly all?: boolean | undefined;
  /** Called with the numbers of what was taken in again so far, and of the aggregates that there are to take in. */
  readonly onProgress?: ((aggregates: number, events: number, total: number) => void) | undefined;
}

/** The outcome of comparing a read model with the events. */
export interface ProjectionVerification {
  readonly name: string;
  readonly version: number;
  /** Number of aggregates whose events were taken in again. */
  readonly aggregates: number;
  /** Number of aggregates that were drawn for the sample besides, and left out because they have no event for the handlers. */
  readonly without: number;
  /** Number of the events of those that were not left out. */
  readonly events: number;
  /** True when these were all aggregates of which the projection has taken events in. */
  readonly all: boolean;
  /** Events on which handlers failed; no table was compared then. */
  readonly failures: readonly FoldFailure[];
  readonly tables: readonly ComparedTable[];
}

/**
 * Takes the events of a sample of aggregates, or of all, in again with the handlers of a projection, in tables of their own, each up
 * to where its live copy is, and compares these with the live tables. All of it is one transaction that sees one moment of the
 * database and is rolled back: nothing changes, and nobody waits. Needs the right to create a schema. Handlers whose tables have rows of
 * several aggregates, such as totals, can be compared with `all` only. Throws `InvalidArgumentError` for a projection that has no `setUp`, or no
 * live copy of this version.
 */
export async function verifyProjection(
  { knex, schema = 'public' }: { readonly knex: Knex; readonly schema?: string | undefined },
  definition: ReadModelDefinition,
  options: VerifyProjectionOptions = {},
): Promise<ProjectionVerification> {
  const { name, setUp } = definition;
  if (setUp === undefined)
    throw new InvalidArgumentError(
      `The projection ${name} has no \`setUp\`, so its tables cannot be made a second time.`,
    );
  let result: ProjectionVerification | undefined;
  try {
    await driverOf(knex).transaction(async (transaction) => {
      await execute(transaction, 'SET TRANSACTION ISOLATION LEVEL REPEATABLE READ');
      const live = await liveCopy(transaction, schema, definition);
      const made = `${BUILD_PREFIX}${randomBytes(6).toString('hex')}`;
      const aside = { ...live, buildSchema: made, liveSchema: live.liveSchema ?? '' };
      await setUpCopy(transaction, schema, definition, aside);
      await withCopyPath(transaction, aside);
      result = await verify(transaction, schema, { live, made, definition }, options);
      throw new RolledBack();
    });
  } catch (error) {
    if (!(error instanceof RolledBack) || result === undefined) throw storeError(error);
  }
  return result as ProjectionVerification;
}

/** Ends a transaction of which nothing is to stay. */
class RolledBack extends Error {}

async function liveCopy(
  transaction: Knex.Transaction,
  schema: string,
  { name, version }: ReadModelDefinition,
): Promise<Copy> {
  const live = (await readCopies(transaction, schema, [name])).find(({ status }) => status === 'live');
  if (live === undefined)
    throw new InvalidArgumentError(`The projection ${name} has no live tables yet.`, {
      hint: 'Workers make them; so does `maestro projections run --once`.',
    });
  if (live.version !== version)
    throw new InvalidArgumentError(
      `Version ${live.version} of ${name} is live, and these handlers are version ${version}.`,
      {
        hint: 'Compare with the code of the live version, or rebuild first.',
      },
    );
  return live;
}

interface Places {
  readonly live: Copy;
  /** The schema in which the tables are made a second time. */
  readonly made: string;
  readonly definition: ReadModelDefinition;
}

async function verify(
  transaction: Knex.Transaction,
  schema: string,
  { live, made, definition }: Places,
  { sample = 100, all: wantsAll = false, onProgress }: VerifyProjectionOptions,
): Promise<ProjectionVerification> {
  const known = await countOfPositions(transaction, schema, live.id);
  const all = wantsAll || sample >= known;
  const { types } = readerOf(definition);
  const drawn = all ? undefined : await samplePositions(transaction, schema, live.id, { count: sample, types });
  const ids = drawn?.ids;
  const chunks: AsyncIterable<Timestamp[]> | Iterable<Timestamp[]> =
    ids === undefined ? allPositions(transaction, schema, live.id) : chunksOf(ids);
  const fold = new FoldAside(transaction, schema, live.id, definition);
  let aggregates = 0;
  for await (const chunk of chunks) {
    await fold.aggregates(chunk, (events) => onProgress?.(aggregates, events, ids?.length ?? known));
    aggregates += chunk.length;
    if (fold.isHopeless) break;
  }
  const { events, failures } = fold;
  const tables: ComparedTable[] = [];
  const aggregatesCompared =
    ids === undefined ? { positions: projectionTables(schema).positions, copy: live.id } : { ids };
  const comparison = { made, live: live.liveSchema ?? '', aggregates: aggregatesCompared };
  if (failures.length === 0)
    for (const table of await tableShapes(transaction, made))
      tables.push(await compareTable(transaction, table, comparison));
  return {
    name: definition.name,
    version: definition.version,
    aggregates,
    without: drawn?.without ?? 0,
    events,
    all,
    failures,
    tables,
  };
}
