import type { StandardSchemaV1 } from '@standard-schema/spec';
import { type } from 'arktype';
import test from 'ava';
import * as v from 'valibot';
import { z } from 'zod';
import { openAggregates } from '../../../src/aggregate/aggregates.js';
import { defineAggregate } from '../../../src/aggregate/definition/define-aggregate.js';
import { EventSchemaError } from '../../../src/aggregate/errors.js';
import type { NumberMode } from '../../../src/json/types.js';
import { MemoryStore } from '../../../src/store/memory-store.js';
import { anId } from '../../support/data/factories.js';

/** Accounts with an event that has a list of sums, which this schema checks. */
function accountsOf(
  schema: StandardSchemaV1<unknown, { sums: bigint[] }>,
  numbers: NumberMode,
  store = new MemoryStore(),
) {
  const Account = defineAggregate({
    name: 'account',
    initialState: () => 0n,
    commands: { add: (_state, sums: readonly unknown[]) => [{ type: 'added', body: { sums } }] },
    schemas: { added: schema },
    events: { added: (state, { sums }) => sums.reduce((sum, each) => sum + each, state) },
    numbers,
  });
  return openAggregates(Account, { store });
}

const SMALL = [1n, -7n, 0n, 2n ** 53n - 1n];
const LARGE = [2n ** 53n, 2n ** 70n];

for (const [library, strict, remedy, text] of [
  ['zod', z.object({ sums: z.array(z.bigint()) }), z.object({ sums: z.array(z.coerce.bigint()) }), 'z.coerce.bigint()'],
  [
    'valibot',
    v.object({ sums: v.array(v.bigint()) }),
    v.object({
      sums: v.array(
        v.pipe(
          v.union([v.number(), v.bigint()]),
          v.transform((n) => BigInt(n)),
        ),
      ),
    }),
    'v.pipe(v.union([v.number(), v.bigint()]), v.transform((n) => BigInt(n)))',
  ],
  [
    'arktype',
    type({ sums: 'bigint[]' }),
    type({
      sums: type('number | bigint')
        .pipe((n) => BigInt(n))
        .array(),
    }),
    "type('number | bigint').pipe((n) => BigInt(n))",
  ],
] as const) {
  test(`a schema of ${library} that takes no small bigint is refused before the commit, with the schema that does`, async (t) => {
    const store = new MemoryStore();
    const id = anId();
    const accounts = accountsOf(strict, 'lossless', store);
    t.like(await accounts.evaluate(id, { type: 'add', data: LARGE }), { ok: true }, 'large ones are read as bigints');
    const error = await t.throwsAsync(accounts.evaluate(id, { type: 'add', data: SMALL }), {
      instanceOf: EventSchemaError,
      message: /sums\[0\]: /,
    });
    t.true(
      error?.hint?.startsWith(
        `With numbers: 'lossless' an integer up to 2^53 is read as a number, and only a greater one as a bigint, so let the schema make a bigint of both: ${text}; the definition is in `,
      ),
      error?.hint,
    );
    t.is((await store.getEvents(id)).length, 1);
  });

  test(`the schema of ${library} that is advised takes bigints of any size, and reads them back as bigints`, async (t) => {
    const store = new MemoryStore();
    const id = anId();
    const sums = [...SMALL, ...LARGE];
    const accounts = accountsOf(remedy, 'lossless', store);
    const sum = sums.reduce((a, b) => a + b);
    t.like(await accounts.evaluate(id, { type: 'add', data: sums }), { ok: true, value: { state: sum } });
    t.is(await accountsOf(remedy, 'lossless', store).get(id), sum);
    const error = await t.throwsAsync(accountsOf(strict, 'plain').evaluate(id, { type: 'add', data: SMALL }));
    t.regex(
      error instanceof EventSchemaError ? (error.hint ?? '') : '',
      /^With numbers: 'plain' every integer is read/,
    );
    t.like(await accountsOf(remedy, 'plain').evaluate(id, { type: 'add', data: SMALL }), { ok: true });
  });
}

test('a body that is wrong for another reason gets no advice about bigints', async (t) => {
  const schema = z.object({ sums: z.array(z.bigint().max(5n)), owner: z.string() });
  const accounts = accountsOf(schema, 'lossless');
  for (const sums of [['x'], [1.5], [9n]]) {
    const error = await t.throwsAsync(accounts.evaluate(anId(), { type: 'add', data: sums }));
    t.regex(
      error instanceof EventSchemaError ? (error.hint ?? '') : '',
      /^If older code wrote this body, add an upcaster/,
    );
  }
  const odd: StandardSchemaV1<unknown, { sums: bigint[] }> = {
    '~standard': {
      version: 1,
      vendor: 'odd',
      validate: (body) => {
        const { sums } = body as { sums: readonly unknown[] };
        if (sums.every((sum) => typeof sum === 'bigint')) throw new Error('fails where it is asked again');
        return {
          issues: [
            { message: 'no bigint', path: ['sums', { key: 0 }] },
            { message: 'nor here', path: ['no', 0] },
          ],
        };
      },
    },
  };
  const error = await t.throwsAsync(accountsOf(odd, 'lossless').evaluate(anId(), { type: 'add', data: [1n] }));
  t.regex(error instanceof EventSchemaError ? (error.hint ?? '') : '', /^If older code wrote/);
});
