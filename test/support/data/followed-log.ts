import { fc } from '@fast-check/ava';
import type { Knex } from 'knex';
import { Timestamp } from '../../../src/hlc/timestamp.js';
import { projectionTables } from '../../../src/store/projection-tables.js';

/** The history of one aggregate: its length, the position of each of two copies in it, and whether the first has it parked. */
export interface Followed {
  readonly length: number;
  readonly positions: readonly [first: number, second: number];
  readonly isParked: boolean;
}

/** Histories that two copies follow, most of them not to the end, and some beyond it. */
export function followedHistories(longest: number, shortest = 1): fc.Arbitrary<readonly Followed[]> {
  return fc.array(
    fc.record<Followed>({
      length: fc.integer({ min: shortest, max: longest }),
      positions: fc.tuple(fc.nat({ max: longest + 1 }), fc.nat({ max: longest })),
      isParked: fc.boolean(),
    }),
    { maxLength: 12 },
  );
}

/** The id of one of them. They are in another order than their numbers. */
export function followedId(index: number): Timestamp {
  return Timestamp.fromHex(((index * 37) % 256).toString(16).padStart(2, '0').repeat(16));
}

/** Fills an empty log as another program would, with timestamps of any time in any order, and positions beside it. */
export async function fillFollowedLog(
  { knex, schema }: { readonly knex: Knex; readonly schema: string },
  all: readonly Followed[],
): Promise<void> {
  const { log, positions, parked } = projectionTables(schema);
  await knex.raw(`TRUNCATE ${log}, ${positions}, ${parked}`);
  for (const [index, { length, positions: at, isParked }] of all.entries()) {
    const id = followedId(index);
    await knex.raw(
      `INSERT INTO ${log} SELECT decode(md5(? || ' ' || n), 'hex'), ?, n, 'happened', '{}' FROM generate_series(1, ?::integer) AS n`,
      [id.hex, id.encode(), length],
    );
    for (const [copy, position] of at.entries())
      if (position > 0) await knex.raw(`INSERT INTO ${positions} VALUES (?, ?, ?)`, [copy + 1, id.encode(), position]);
    if (isParked)
      await knex.raw(`INSERT INTO ${parked} VALUES (1, ?, 1, 'failed', '', 1, now(), now(), now())`, [id.encode()]);
  }
}
