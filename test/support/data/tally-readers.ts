import { setTimeout as delay } from 'node:timers/promises';
import type { Knex } from 'knex';
import { type TallyRow, tallyOf, tallyRows } from './tallies.js';

/** Findings of one look: rows of the read model, and the tokens of the log, by aggregate. */
interface Seen {
  readonly rows: readonly TallyRow[];
  readonly tokens: ReadonlyMap<string, readonly string[]>;
}

/** Somebody who looks at the read model of tallies again and again, and notes what is wrong about it. */
export abstract class TallyReader {
  readonly knex: Knex;
  readonly schema: string;
  readonly versions = new Set<number>();
  readonly faults: string[] = [];
  looks = 0;

  constructor(knex: Knex, schema: string) {
    this.knex = knex;
    this.schema = schema;
  }

  /** Looks at some aggregates, if there is a read model by now. */
  async look(ids: readonly string[]): Promise<void> {
    const { rows: found } = await this.knex.raw<{ rows: unknown[] }>(`SELECT WHERE to_regclass('tallies') IS NOT NULL`);
    if (found.length === 0) return;
    const seen = await this.read(ids);
    this.looks += 1;
    this.#judge(seen);
    this.judgeFurther(ids, seen);
  }

  protected abstract read(ids: readonly string[]): Promise<Seen>;

  /** Notes what is wrong by what this reader may expect beyond what all may. */
  protected abstract judgeFurther(ids: readonly string[], seen: Seen): void;

  /** All rows are of one version, and each is the fold of a prefix of its history. */
  #judge({ rows, tokens }: Seen): void {
    const versions = new Set(rows.map(({ version }) => version));
    if (versions.size > 1) this.faults.push(`rows of versions ${[...versions].join(' and ')} at once`);
    for (const version of versions) this.versions.add(version);
    for (const row of rows) {
      const prefix = (tokens.get(row.id) ?? []).slice(0, row.last);
      const expected = tallyOf(row.id, row.version, prefix);
      if (JSON.stringify(expected) !== JSON.stringify({ ...expected, ...row }))
        this.faults.push(`${JSON.stringify(row)} is not ${JSON.stringify(expected)}`);
    }
  }
}

/** A reader for whom nothing may go back from one look to the next. */
abstract class FollowingReader extends TallyReader {
  readonly #before = new Map<string, number>();

  /** Number of events in each row that was seen. */
  get seen(): ReadonlyMap<string, number> {
    return this.#before;
  }

  protected judgeFurther(ids: readonly string[], { rows }: Seen): void {
    const lasts = new Map(rows.map(({ id, last }) => [id, last]));
    for (const id of ids) {
      const [before = 0, last = 0] = [this.#before.get(id), lasts.get(id)];
      if (last < before) this.faults.push(`${id} went back from ${before} to ${last}`);
      else if (last > 0) this.#before.set(id, last);
    }
  }
}

/** An application as most are: one query at READ COMMITTED after the other, first the rows, then the log. */
export class ApplicationReader extends FollowingReader {
  protected async read(ids: readonly string[]): Promise<Seen> {
    return { rows: await tallyRows(this.knex, ids), tokens: await tokensOf(this.knex, this.schema, ids) };
  }
}

/** One that reads rows and log at one moment, and names the table before it chooses the moment. */
export class ExactReader extends FollowingReader {
  protected async read(ids: readonly string[]): Promise<Seen> {
    return await this.knex.transaction(
      async (transaction) => {
        // Before the snapshot: else a switch in between would give the new table as it was then, not yet as far as the old one.
        await transaction.raw('LOCK TABLE tallies IN ACCESS SHARE MODE');
        const rows = await tallyRows(transaction, ids);
        return { rows, tokens: await tokensOf(transaction, this.schema, ids) };
      },
      { isolationLevel: 'repeatable read' },
    );
  }

  /** Compares all rows with all of the log. */
  async compareAll(ids: readonly string[]): Promise<{ readonly events: number; readonly differing: number }> {
    const { rows, tokens } = await this.read(ids);
    const version = Math.max(...rows.map((row) => row.version));
    const byId = new Map(rows.map((row) => [row.id, row]));
    let [events, differing] = [0, 0];
    for (const [id, all] of tokens) {
      events += all.length;
      const row = byId.get(id);
      if (JSON.stringify(row && { ...row }) !== JSON.stringify(tallyOf(id, version, all))) differing += 1;
    }
    return { events, differing };
  }
}

/**
 * A report: a transaction at REPEATABLE READ that names the table some time after its moment was chosen, and reads it twice. After a
 * switch it may find the new table not yet as far as the old one was, but with all that there was when the rebuild began.
 */
export class ReportReader extends TallyReader {
  /** Longest wait before each of the two, in milliseconds. */
  readonly #longest: number;
  /** Number of events that each row has at least. */
  floor: ReadonlyMap<string, number> = new Map();
  /** The same as it was when the last look began, which may have chosen its moment before it was raised. */
  #floorBefore = this.floor;

  constructor(knex: Knex, schema: string, longest: number) {
    super(knex, schema);
    this.#longest = longest;
  }

  protected async read(ids: readonly string[]): Promise<Seen> {
    this.#floorBefore = this.floor;
    return await this.knex.transaction(
      async (transaction) => {
        const tokens = await tokensOf(transaction, this.schema, ids);
        await delay(Math.random() * this.#longest);
        const rows = await tallyRows(transaction, ids);
        await delay(Math.random() * this.#longest);
        const again = await tallyRows(transaction, ids);
        if (JSON.stringify(again) !== JSON.stringify(rows)) this.faults.push('a report has read two moments');
        return { rows, tokens };
      },
      { isolationLevel: 'repeatable read' },
    );
  }

  protected judgeFurther(ids: readonly string[], { rows }: Seen): void {
    const lasts = new Map(rows.map(({ id, last }) => [id, last]));
    for (const id of ids) {
      const [least = 0, last = 0] = [this.#floorBefore.get(id), lasts.get(id)];
      if (last < least) this.faults.push(`a report has ${last} of ${least} events of ${id}`);
    }
  }
}

async function tokensOf(
  on: Knex | Knex.Transaction,
  schema: string,
  ids: readonly string[],
): Promise<Map<string, string[]>> {
  const { rows } = await on.raw<{ rows: { id: string; token: string }[] }>(
    `SELECT encode(aggregate_id, 'hex') AS id, body->>'token' AS token FROM "${schema}".event_log
WHERE aggregate_id = ANY (?) ORDER BY aggregate_id, sequence`,
    [ids.map((id) => Buffer.from(id, 'hex'))],
  );
  const tokens = new Map<string, string[]>();
  for (const { id, token } of rows) {
    const before = tokens.get(id);
    if (before === undefined) tokens.set(id, [token]);
    else before.push(token);
  }
  return tokens;
}
