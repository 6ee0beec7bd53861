import { createHash } from 'node:crypto';
import type { Knex } from 'knex';
import { defineAggregate, defineProjection, type Timestamp } from '../../../src/index.js';

/** An aggregate that counts tokens. */
export const Tally = defineAggregate({
  name: 'tally',
  initialState: () => ({ count: 0 }),
  commands: {
    count: (_state, { tokens }: { tokens: readonly string[] }) =>
      tokens.map((token) => ({ type: 'counted' as const, body: { token } })),
  },
  events: { counted: ({ count }, _body: { token: string }) => ({ count: count + 1 }) },
});

/** A row of the read model. */
export interface TallyRow {
  readonly id: string;
  readonly version: number;
  readonly last: number;
  readonly applied: number;
  readonly chain: string;
}

/**
 * The read model of tallies at a version: a row for each aggregate, which hashes what it has taken in, in the order in which it
 * did. An event that is left out, taken in twice, too early or by another version gives another hash. From the second version on
 * workers take in batches.
 */
export function tallies(version: number) {
  return defineProjection({
    name: 'tallies',
    version,
    from: [Tally],
    setUp: (transaction) =>
      transaction.schema.createTable('tallies', (table) => {
        table.text('id').primary();
        table.integer('version').notNullable();
        table.integer('last').notNullable();
        table.integer('applied').notNullable();
        table.text('chain').notNullable();
      }),
    project: {
      counted: async ({ aggregateId, sequence, body }, transaction) => {
        const link = linkOf(version, sequence, body.token);
        const updated = await transaction('tallies')
          .where({ id: aggregateId.hex })
          .update({
            last: sequence,
            applied: transaction.raw('applied + 1'),
            chain: transaction.raw('md5(chain || ?)', [link]),
          });
        if (updated > 0) return;
        const row: TallyRow = { id: aggregateId.hex, version, last: sequence, applied: 1, chain: md5(link) };
        await transaction('tallies').insert(row);
      },
    },
    projectBatch: version === 1 ? undefined : (events, transaction) => takeIn(version, events, transaction),
  });
}

/** Takes in the events of many aggregates by one read and one write. */
async function takeIn(
  version: number,
  events: readonly { readonly aggregateId: Timestamp; readonly sequence: number; readonly body: { token: string } }[],
  transaction: Knex.Transaction,
): Promise<void> {
  const ids = [...new Set(events.map(({ aggregateId }) => aggregateId.hex))];
  const rows = new Map((await tallyRows(transaction, ids)).map((row) => [row.id, row]));
  for (const { aggregateId, sequence, body } of events) {
    const { hex: id } = aggregateId;
    const { applied, chain } = rows.get(id) ?? { applied: 0, chain: '' };
    const link = linkOf(version, sequence, body.token);
    rows.set(id, { id, version, last: sequence, applied: applied + 1, chain: md5(chain + link) });
  }
  await transaction('tallies')
    .insert([...rows.values()])
    .onConflict('id')
    .merge();
}

/** The row of an aggregate after its first events, given as tokens. */
export function tallyOf(id: string, version: number, tokens: readonly string[]): TallyRow {
  let chain = '';
  for (const [index, token] of tokens.entries()) chain = md5(chain + linkOf(version, index + 1, token));
  return { id, version, last: tokens.length, applied: tokens.length, chain };
}

/** The work of a process of writers. */
export interface Written {
  /** Number of events. */
  committed: number;
  /** Number of commits with the read model inline, by its version, after each of which its own rows were looked for. */
  readonly inline: Record<number, number>;
  /** Number of transactions that stayed open, and of those that were then rolled back. */
  held: number;
  rolledBack: number;
  /** Longest of them, in milliseconds. */
  longest: number;
  /** Commits that did not find their own rows. */
  readonly faults: string[];
}

/** The rows of some aggregates in the read model, read by one query. */
export async function tallyRows(on: Knex | Knex.Transaction, ids: readonly string[]): Promise<TallyRow[]> {
  return await on<TallyRow>('tallies').select('*').whereIn('id', ids).orderBy('id');
}

/** The version of the read model that is in use; 0 for none. */
export async function liveVersion(on: Knex | Knex.Transaction, schema: string): Promise<number> {
  const { rows } = await on.raw<{ rows: { version: number }[] }>(
    `SELECT version FROM "${schema}".maestro_projections WHERE name = 'tallies' AND status = 'live'`,
  );
  return rows[0]?.version ?? 0;
}

function linkOf(version: number, sequence: number, token: string): string {
  return ` ${version}:${sequence}:${token}`;
}

function md5(text: string): string {
  return createHash('md5').update(text).digest('hex');
}
