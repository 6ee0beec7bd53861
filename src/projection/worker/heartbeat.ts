import { randomUUID } from 'node:crypto';
import { projectionTables } from '../../store/projection-tables.js';
import { WORKER_IS_ALIVE } from '../../store/positions/workers.js';
import { preparedStatement } from '../../store/driver/statement.js';
import { execute, type Executor, integerArray, query } from '../../store/read/rows.js';

/** Time after which a worker that was not seen is taken for dead. */
const DEAD = "interval '1 minute'";
/** Share of the newest figure in the speed that is shown. */
const NEWEST = 0.5;

/** The row of a worker for each copy that it fills, by which people see that it is alive, and how fast it is. */
export class Heartbeat {
  /** The id of the worker. */
  readonly id = randomUUID();
  readonly #taken = new Map<number, { total: number; since: number; perSecond: number }>();
  #last = performance.now();
  #workers = 1;

  /** Number of living workers that fill all the copies that this one fills, itself included, as the last beat found them. */
  get workers(): number {
    return this.#workers;
  }

  /** Counts events that were taken in. */
  count(copy: number, events: number): void {
    const figures = this.#figuresOf(copy);
    figures.total += events;
    figures.since += events;
  }

  /**
   * Writes the rows for the copies that the worker fills now, removes those for others and those of dead workers, and counts
   * those that do the same.
   */
  async beat(on: Executor, schema: string, copies: readonly number[]): Promise<void> {
    const { workers } = projectionTables(schema);
    const now = performance.now();
    const seconds = Math.max(0.001, (now - this.#last) / 1000);
    this.#last = now;
    const figures = copies.map((copy) => {
      const each = this.#figuresOf(copy);
      each.perSecond += NEWEST * (each.since / seconds - each.perSecond);
      each.since = 0;
      return each;
    });
    const sql = `WITH written AS (
  INSERT INTO ${workers} (id, copy, started_at, seen_at, taken, per_second)
  SELECT ?::text::uuid, copy, now(), now(), taken, per_second
  FROM unnest(?::text::integer[], ?::text::bigint[], ?::text::real[]) AS each (copy, taken, per_second)
  ON CONFLICT (id, copy) DO UPDATE SET seen_at = excluded.seen_at, taken = excluded.taken, per_second = excluded.per_second
), removed AS (
  DELETE FROM ${workers}
  WHERE (id = ?::text::uuid AND NOT copy = ANY (?::text::integer[])) OR (id <> ?::text::uuid AND seen_at < now() - ${DEAD})
), others AS (
  SELECT id FROM ${workers} WHERE id <> ?::text::uuid AND copy = ANY (?::text::integer[]) AND ${WORKER_IS_ALIVE}
  GROUP BY id HAVING count(*) = ?::integer
)
SELECT count(*)::integer FROM others`;
    const taken = `{${figures.map(({ total }) => total).join(',')}}`;
    const perSecond = `{${figures.map((each) => each.perSecond.toFixed(3)).join(',')}}`;
    const list = integerArray(copies);
    const bindings = [this.id, list, taken, perSecond, this.id, list, this.id, this.id, list, copies.length];
    const [[others] = [0]] = await query<[number]>(on, preparedStatement(sql), bindings);
    this.#workers = others + 1;
  }

  /** Removes the rows of the worker. */
  async end(on: Executor, schema: string): Promise<void> {
    await execute(on, `DELETE FROM ${projectionTables(schema).workers} WHERE id = ?::text::uuid`, [this.id]);
  }

  #figuresOf(copy: number) {
    let figures = this.#taken.get(copy);
    if (figures === undefined) this.#taken.set(copy, (figures = { total: 0, since: 0, perSecond: 0 }));
    return figures;
  }
}
