import { createHash } from 'node:crypto';
import type { Knex } from 'knex';
import { defineAggregate, defineProjection } from '../../../src/index.js';

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
 * did. An event that is left out, taken in twice, too early or by another version gives another hash.
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
  });
}

/** The row of an aggregate after its first events, given as tokens. */
export function tallyOf(id: string, version: number, tokens: readonly string[]): TallyRow {
  let chain = '';
  for (const [index, token] of tokens.entries()) chain = md5(chain + linkOf(version, index + 1, token));
  return { id, version, last: tokens.length, applied: tokens.length, chain };
}

/** The rows of some aggregates in the read model, read by one query. */
export async function tallyRows(on: Knex | Knex.Transaction, ids: readonly string[]): Promise<TallyRow[]> {
  return await on<TallyRow>('tallies').select('*').whereIn('id', ids).orderBy('id');
}

function linkOf(version: number, sequence: number, token: string): string {
  return ` ${version}:${sequence}:${token}`;
}

function md5(text: string): string {
  return createHash('md5').update(text).digest('hex');
}
