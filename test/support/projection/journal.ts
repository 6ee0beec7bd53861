import type { Knex } from 'knex';
import { defineAggregate } from '../../../src/aggregate/definition/define-aggregate.js';
import type { Timestamp } from '../../../src/hlc/timestamp.js';
import { takeIn, type TakeInOptions, type TakenIn } from '../../../src/projection/apply/take-in.js';
import type { Copy } from '../../../src/projection/copies/copy.js';
import { defineProjection } from '../../../src/projection/define-projection.js';
import type { HandledEvent } from '../../../src/projection/definition.js';

/** An aggregate whose events are those of `aHistory`. */
export const Thing = defineAggregate({
  name: 'thing',
  initialState: () => 0,
  commands: { happen: (_state, data: { n: number }) => [{ type: 'happened', body: data }] },
  events: { happened: (state: number, _body: { n?: number; note?: string }) => state + 1 },
});

let made = 0;

/** Options of {@link aJournal}. */
export interface JournalOptions {
  readonly version?: number;
  /** Called before an event is written. */
  readonly before?: (event: HandledEvent, transaction: Knex.Transaction) => unknown;
  readonly batch?: boolean;
  readonly table?: string;
}

/**
 * A projection whose table has one row for each aggregate, with the sequences that it was given. Events that come twice or in another
 * order show there.
 */
export function aJournal({
  before,
  batch = false,
  version = 1,
  table = `journal_${(made += 1)}`,
}: JournalOptions = {}) {
  const write = async (event: HandledEvent, transaction: Knex.Transaction) => {
    await before?.(event, transaction);
    await transaction.raw(
      'INSERT INTO ?? AS journal VALUES (?, ARRAY[?::integer]) ON CONFLICT (id) DO UPDATE SET seen = journal.seen || EXCLUDED.seen',
      [table, event.aggregateId.hex, event.sequence],
    );
  };
  const definition = defineProjection({
    name: table,
    version,
    from: [Thing],
    setUp: async (transaction) => {
      await transaction.raw('CREATE TABLE ?? (id text PRIMARY KEY, seen integer[] NOT NULL)', [table]);
    },
    ...(batch
      ? {
          projectBatch: async (events, transaction) => {
            for (const event of events) await write(event, transaction);
          },
        }
      : { project: (event, transaction) => write(event, transaction) }),
    erased: async (id, transaction) => {
      await transaction.raw('DELETE FROM ?? WHERE id = ?', [table, id.hex]);
    },
  });
  return Object.assign({ definition, table });
}

/** A database with a schema, as tests of projections use it: unqualified names mean the schema. */
export interface ProjectedDatabase {
  readonly knex: Knex;
  readonly schema: string;
}

/** Makes the live copy of a projection, with its tables. */
export async function aLiveCopy(
  { knex, schema }: ProjectedDatabase,
  { definition }: ReturnType<typeof aJournal>,
): Promise<Copy> {
  const { name, version } = definition;
  return await knex.transaction(async (transaction) => {
    await definition.setUp?.(transaction);
    const { rows } = await transaction.raw<{ rows: { id: number; created_at: Date }[] }>(
      `INSERT INTO "${schema}".maestro_projections (name, version, kind, status, live_schema)
VALUES (?, ?, 'projection', 'live', ?) RETURNING id, created_at`,
      [name, version, schema],
    );
    const [{ id, created_at: createdAt }] = rows as [{ id: number; created_at: Date }];
    const facts = { kind: 'projection', status: 'live', liveSchema: schema, buildSchema: undefined } as const;
    return { id, name, version, ...facts, tables: [], objects: [], createdAt, switchedAt: undefined };
  });
}

/** The sequences that the journal of an aggregate has. */
export async function seen(
  knex: Knex | Knex.Transaction,
  { table }: { readonly table: string },
  id: Timestamp,
): Promise<number[]> {
  const { rows } = await knex.raw<{ rows: { seen: number[] }[] }>('SELECT seen FROM ?? WHERE id = ?', [table, id.hex]);
  return rows[0]?.seen ?? [];
}

/** The position of a copy in an aggregate. */
export async function positionOf({ knex, schema }: ProjectedDatabase, copy: Copy, id: Timestamp): Promise<number> {
  const { rows } = await knex.raw<{ rows: { sequence: number }[] }>(
    `SELECT sequence FROM "${schema}".maestro_positions WHERE copy = ? AND aggregate_id = ?`,
    [copy.id, id.encode()],
  );
  return rows[0]?.sequence ?? 0;
}

/** Has a copy take in aggregates until nothing is left of what it can take in. */
export async function takeAll(
  database: ProjectedDatabase,
  copy: Copy,
  { definition }: ReturnType<typeof aJournal>,
  ids: readonly Timestamp[],
  options?: TakeInOptions,
): Promise<TakenIn> {
  let left = ids;
  let all: TakenIn = { taken: 0, behind: [], locked: [], failed: [], gaps: [], isGone: false };
  do {
    const { taken, failed, gaps, ...rest } = await takeIn(database, copy, definition, left, options);
    all = { ...rest, taken: all.taken + taken, failed: [...all.failed, ...failed], gaps: [...all.gaps, ...gaps] };
    left = rest.behind;
  } while (left.length > 0);
  return all;
}
