import type { Aggregate } from '../../aggregate/definition/definition.js';
import { InvalidArgumentError } from '../../errors.js';
import { didYouMean } from '../../nearest.js';
import { isProjection } from '../../projection/definition.js';
import type { ProjectionDefinition } from '../../projection/types.js';
import { awaitedByTest, ScenarioError } from '../scenario/scenario-error.js';
import { type Commit, type GivenDrafts, nextCommit } from './commits.js';
import { playAll } from './rounds.js';
import { assertSameTables, sorted, type Tables } from './tables.js';
import type { ProjectionScenario, Row, ScenarioDatabase } from './types.js';

/**
 * Begins a test of a projection: what has happened, and what must be in its tables then.
 *
 * ```ts
 * await projectionScenario(owners, database)
 *   .given([ada, { type: 'opened', body: { owner: 'Ada' } }], [bob, { type: 'opened', body: { owner: 'Bob' } }])
 *   .thenRows('owners', [{ name: 'Ada' }, { name: 'Bob' }]);
 * ```
 *
 * The events are taken in as an application has it: by commits with the inline projection, by a worker that catches up from nothing,
 * with the aggregates in another order, and by a rebuild, all at once, which is then switched to. All three must come to the same
 * tables, and taking in again must change nothing. All of it happens in tables of its own, in transactions that
 * are rolled back, so nothing is left behind, even by a test that is killed. Ids and times of events are the same in every run.
 *
 * Throws `InvalidArgumentError` for what is no projection, or one without `setUp`.
 */
export function projectionScenario<From extends Aggregate>(
  projection: ProjectionDefinition<From>,
  database: ScenarioDatabase,
): ProjectionScenario<From> {
  if (!isProjection(projection) || (projection as { readonly kind: string }).kind !== 'projection')
    throw new InvalidArgumentError('projectionScenario() takes a projection; make one with defineProjection().');
  if (projection.setUp === undefined)
    throw new InvalidArgumentError(
      `The projection ${projection.name} has no setUp, so a scenario cannot make its tables.`,
      { hint: 'Create the tables in setUp, which is also what a rebuild needs.' },
    );
  if (typeof (database as Partial<ScenarioDatabase> | undefined)?.knex !== 'function')
    throw new InvalidArgumentError(
      'projectionScenario() takes a database: what openDatabase() gives, or {knex} of one that is there for tests.',
    );
  // The compiler knows more about the events than what runs.
  return new Given(projection, database, []) as unknown as ProjectionScenario<From>;
}

/** A scenario without its types: see `ProjectionScenario` of types.ts. */
class Given {
  readonly #projection: ProjectionDefinition;
  readonly #database: ScenarioDatabase;
  readonly #commits: readonly Commit[];

  constructor(projection: ProjectionDefinition, database: ScenarioDatabase, commits: readonly Commit[]) {
    this.#projection = projection;
    this.#database = database;
    this.#commits = commits;
  }

  given(...commits: readonly GivenDrafts[]): Given {
    return this.#with(commits, false);
  }

  givenStored(...commits: readonly GivenDrafts[]): Given {
    return this.#with(commits, true);
  }

  thenRows(table: string, rows: readonly Row[]): Promise<void> {
    return awaitedByTest(() => this.#expect({ [table]: rows }));
  }

  thenTables(tables: Readonly<Record<string, readonly Row[]>>): Promise<void> {
    return awaitedByTest(() => this.#expect(tables));
  }

  rows(table: string): Promise<Row[]> {
    return awaitedByTest(async () => [...rowsOf(await this.#play(), table, this.#projection)]);
  }

  /** Fails a test that awaits the scenario itself, or returns it: nothing has run. */
  then(_fulfil: unknown, reject?: (error: unknown) => unknown): unknown {
    const error = new ScenarioError(
      `Nothing is expected of ${this.#projection.name}, so nothing has run: add thenRows() or thenTables().`,
    );
    return Promise.reject(error).catch(reject);
  }

  #with(commits: readonly GivenDrafts[], isStored: boolean): Given {
    let all = this.#commits;
    for (const commit of commits) all = [...all, nextCommit(this.#projection, all, commit, isStored)];
    return new Given(this.#projection, this.#database, all);
  }

  #play(): Promise<Tables> {
    return playAll(this.#projection, this.#database.knex, this.#commits);
  }

  async #expect(expected: Readonly<Record<string, readonly Row[]>>): Promise<void> {
    const tables = await this.#play();
    for (const [table, rows] of Object.entries(expected))
      assertSameTables(
        new Map([[table, sorted(rows)]]),
        new Map([[table, rowsOf(tables, table, this.#projection)]]),
        () => `The table ${table} has other rows than expected.`,
        ['expected', 'actual'],
      );
  }
}

/** The rows of a table. Throws `InvalidArgumentError` for a table that `setUp` has not made. */
function rowsOf(tables: Tables, table: string, { name }: ProjectionDefinition): readonly Row[] {
  const rows = tables.get(table);
  if (rows !== undefined) return rows;
  const names = [...tables.keys()];
  throw new InvalidArgumentError(`setUp of ${name} makes no table ${table}.`, {
    hint: `${didYouMean(table, names)} It makes ${names.join(', ') || 'none'}.`.trimStart(),
  });
}
