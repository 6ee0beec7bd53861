import { fc, testProp } from '@fast-check/ava';
import test from 'ava';
import { canonicalJsonPath } from '../../../src/admin/search-events/json-path.js';
import { neededValues } from '../../../src/admin/search-events/needed-values.js';
import { searchEvents } from '../../../src/admin/search-events/search-events.js';
import { searchIndex } from '../../../src/admin/search-events/search-index.js';
import { searchStep } from '../../../src/admin/search-events/search-step.js';
import type { LogPosition } from '../../../src/admin/log/log-position.js';
import type { StoredEvent } from '../../../src/events.js';
import { Timestamp } from '../../../src/hlc/timestamp.js';
import { addPathIndex } from '../../../src/store/migrate/log-index/change-index.js';
import { query } from '../../../src/store/read/rows.js';
import { useTestDatabase } from '../../support/database.js';
import { anEvent, anId, collect } from '../../support/data/factories.js';

const layouts = { plain: useTestDatabase(test), partitioned: useTestDatabase(test, { partitions: 3 }) };
const server = useTestDatabase(test);
const PATHS = ['$.a', '$.a.b', '$."$metadata".b'];

/** Texts of scalars, some of which a jsonpath calls equal; one is too long for an entry of an index. */
const LONG = JSON.stringify(Array.from({ length: 3000 }, (_, place) => `${(place * 7919) % 104_729}`).join(' '));
const scalars = fc.constantFrom('"x"', '"y"', '""', '"x\\"&& y"', '1', '1.0', '1.00', '-1', '0', '12345678901234567890', 'true', 'false', 'null', LONG); // prettier-ignore
const keys = fc.constantFrom('a', 'b', '$metadata', '0');
/** JSON texts of any shape, mostly with the keys of the indexes; objects and arrays in each other to any depth. */
const { body: bodies } = fc.letrec<{ value: string; object: string; body: string }>((tie) => ({
  value: fc.oneof({ weight: 3, arbitrary: scalars }, { weight: 2, arbitrary: tie('object') }, fc.array(tie('value'), { maxLength: 3 }).map((items) => `[${items.join(',')}]`)),
  object: fc.uniqueArray(fc.tuple(keys, tie('value')), { maxLength: 3, selector: ([key]) => key }).map((members) => `{${members.map(([key, value]) => `${JSON.stringify(key)}:${value}`).join(',')}}`),
  body: fc.oneof({ weight: 6, arbitrary: tie('object') }, tie('value')),
})); // prettier-ignore

/** Conditions of PostgreSQL's jsonpath, of those that an index can help with and of others. */
const { condition, selection } = fc.letrec<{ path: string; predicate: string; filtered: string; condition: string; selection: string }>((tie) => {
  const literals = scalars.filter((text) => text !== LONG);
  const path = (root: string) => fc.array(fc.constantFrom('.a', '.b', '."$metadata"', '."0"', '[*]', '.*', '[0]', '.**', '.a.b', '.a'), { minLength: 1, maxLength: 3 }).map((steps) => root + steps.join(''));
  const operators = fc.constantFrom('==', '==', '==', '==', '!=', '<', '>=');
  const comparison = fc.tuple(tie('path'), operators, literals);
  return {
    path: fc.oneof({ weight: 3, arbitrary: fc.constantFrom('$.a', '$.a.b', '$."$metadata".b', '$.a[*]', '$.a[*].b') }, path('$'), path('@')),
    predicate: fc.oneof(
      { weight: 4, arbitrary: comparison.map((parts) => parts.join(' ')) },
      comparison.map(([left, , right]) => `${right} == ${left}`),
      fc.tuple(tie('predicate'), fc.constantFrom('&&', '||'), tie('predicate')).map(([left, operator, right]) => `(${left}) ${operator} (${right})`),
      tie('predicate').map((inner) => `!(${inner})`),
      tie('predicate').map((inner) => `(${inner}) is unknown`),
      tie('filtered').map((inner) => `exists(${inner})`),
      fc.tuple(tie('filtered'), operators, literals).map((parts) => parts.join(' ')),
      tie('path').map((inner) => `${inner} like_regex "^x && y"`),
    ),
    filtered: fc.tuple(tie('path'), tie('predicate'), fc.constantFrom('', '.b', '[*]', '.size()')).map(([root, predicate, rest]) => `${root} ? (${predicate})${rest}`),
    condition: tie('predicate').map((text) => text.replaceAll('@', '$')),
    selection: fc.oneof(tie('filtered'), tie('filtered').map((root) => `$ ? (exists(${root}))`)).filter((text) => !text.startsWith('@')),
  };
}); // prettier-ignore
const conditions = fc
  .tuple(fc.constantFrom('', '', 'strict '), fc.oneof(condition, selection))
  .map(([mode, text]) => mode + text);

/** Bodies in which an array is on the way to a value, or at its end, with the values that conditions ask for. */
const arrays = ['"x"', '1.0', 'null'].flatMap((value) =>
  ['[{"a":?}]', '[[{"a":?}]]', '{"a":[?]}', '{"a":[[?]]}', '[{"a":{"b":?}}]', '{"a":[{"b":?}]}', '{"a":{"b":[?]}}', '{"$metadata":[{"b":?}]}'].map((shape) => shape.replace('?', value)),
); // prettier-ignore
const events = [...arrays, ...fc.sample(bodies, { numRuns: 400, seed: 17 })].map((body, place) => ({
  timestamp: Timestamp.of({ time: 1_700_000_000_000 + place, nodeId: 1n }),
  aggregateId: Timestamp.of({ time: 1_600_000_000_000, nodeId: BigInt(place % 50) }),
  sequence: Math.floor(place / 50) + 1,
  body,
}));

test.serial.before(async () => {
  for (const { knex, schema } of Object.values(layouts)) {
    await knex.raw(
      `INSERT INTO "${schema}".event_log SELECT decode(t, 'hex'), decode(a, 'hex'), s, 'any', coalesce(b, 'null')
FROM json_to_recordset(?::text::json) AS e(t text, a text, s integer, b jsonb)`,
      [`[${events.map(({ timestamp, aggregateId, sequence, body }) => `{"t":"${timestamp.hex}","a":"${aggregateId.hex}","s":${sequence},"b":${body}}`).join(',')}]`],
    ); // prettier-ignore
    for (const path of PATHS) await addPathIndex(knex, path, { schema });
  }
});

/** The events of which a condition selects an item that says yes, item by item. */
async function naively({ knex, schema }: (typeof layouts)['plain'], path: string, reverse: boolean): Promise<string[]> {
  const items = `jsonb_path_query_tz(body, ?::text::jsonpath, '{}', true) AS item WHERE item NOT IN ('false', 'null')`;
  const sql = `SELECT encode("timestamp", 'hex') FROM "${schema}".event_log WHERE EXISTS (SELECT FROM ${items}) ORDER BY "timestamp" ${reverse ? 'DESC' : ''}`;
  return (await query<[string]>(knex, sql, [path])).map(([timestamp]) => timestamp);
}

const timestampsOf = (found: readonly StoredEvent[]) => found.map(({ timestamp }) => timestamp.hex);

for (const [layout, database] of Object.entries(layouts)) {
  let indexed = 0;

  testProp.serial(
    `a search finds what a look at every item finds, with and without an index, whatever the bodies and the condition, ${layout} layout`,
    [conditions, fc.boolean()],
    async (t, where, reverse) => {
      if ((await searchIndex(database, where)) !== undefined) indexed += 1;
      t.deepEqual(
        timestampsOf(await collect(searchEvents(database, { where, reverse }))),
        await naively(database, where, reverse),
        where,
      );
    },
    { numRuns: 200 },
  );

  test.serial(`many of these conditions have used an index, ${layout} layout`, (t) => {
    t.true(indexed > 15, `${indexed}`);
  });

  testProp.serial(
    `steps of a search with an index come to the same end, ${layout} layout`,
    [fc.constantFrom('$.a == "x"', '$.a == 1 || $.a == "y"', '$.a == 1 || $.a == 1.00', '$.a.b == null', '$."$metadata".b == true'), fc.boolean(), fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 40 })],
    async (t, where, reverse, limit, looked) => {
      const found: StoredEvent[] = [];
      let after: LogPosition | undefined;
      do {
        const step = await searchStep(database, { where, reverse, after }, { limit, looked });
        found.push(...step.events);
        after = step.next;
      } while (after !== undefined);
      t.deepEqual(timestampsOf(found), await naively(database, where, reverse));
    },
    { numRuns: 10 },
  ); // prettier-ignore
}

/** Conditions, and what they need. */
const NEEDED: readonly (readonly [where: string, needed: readonly string[]])[] = [
  ['$.customer == "x"', ['customer = "x"']],
  ['"x" == $.customer', ['customer = "x"']],
  ['strict $.customer == +7', ['customer = 7']],
  ['$.customer ? (@ == "x")', ['customer = "x"']],
  ['$ ? (@.customer == "x").amount', ['customer = "x"']],
  ['$.a.b == 1 && $.type == "t" && $.n > 5', ['a.b = 1', 'type = "t"']],
  ['$.items[*].sku == "x"', ['items.sku = "x"']],
  ['$.items[*] ? (@.sku == "x" && @.n > 1).price > 5', ['items.sku = "x"']],
  ['exists($.a ? (@.b == -1.50))', ['a.b = -1.50']],
  ['$.a == 1 || $.a == 2', ['a = 1 or 2']],
  ['$.a == 1 && $.b == 2 || $.b == 3', ['b = 2 or 3']],
  ['$.a == "x || y" && $."b c" == ") && ("', ['a = "x || y"', 'b c = ") && ("']],
  ['$.a == 1 || $.b == 2', []],
  ['!($.a == 1)', []],
  ['($.a == 1) is unknown', []],
  ['($.a == 1).type()', []],
  ['-$.a == 1', []],
  ['$.a == 1 + 1', []],
  ['$.a == $.b', []],
  ['$.a != 1', []],
  ['$ == 1', []],
  ['$.*.b == 1', []],
  ['$.a[0] == 1', []],
  ['$.a.size() == 1', []],
  ['$.a == 1 && $.b == $x', []],
  ['$.a == 1 && $.b.datetime("HH24") == $.c', []],
];

test('what a condition needs is read from what PostgreSQL makes of it', async (t) => {
  for (const [where, expected] of NEEDED) {
    const needed = neededValues(await canonicalJsonPath(server, where));
    t.deepEqual(needed.map(({ keys, values }) => `${keys.join('.')} = ${values.join(' or ')}`), expected, where); // prettier-ignore
  }
});

test('a condition of any depth is read, or needs nothing', (t) => {
  for (const depth of [1, 100, 900, 100_000]) {
    const inner = `${'$?(@."a" == 1 && '.repeat(depth)}exists (@."b")${')'.repeat(depth)}`;
    t.is(neededValues(inner).length > 0, inner.length <= 4000, `${depth}`);
  }
});

test('of several indexes the one with fewer entries is used, and an incomplete one never', async (t) => {
  const { knex, schema } = server;
  const common = Array.from({ length: 40 }, () => anEvent(anId(), { body: { status: 'open', customer: 'other' } }));
  await server.store().commitEvents([...common, anEvent(anId(), { body: { status: 'open', customer: 'x' } })]);
  const where = '$.status == "open" && $.customer == "x"';
  t.is(await searchIndex(server, where), undefined);
  for (const path of ['$.status', '$.customer']) await addPathIndex(knex, path, { schema });
  t.regex((await searchIndex(server, where))?.key ?? '', /'customer'/);
  t.regex((await searchIndex(server, where.replace('"open"', '"closed"')))?.key ?? '', /'status'/);
  await knex.raw(
    `UPDATE pg_index SET indisvalid = false WHERE indexrelid = '"${schema}"."maestro_where_customer"'::regclass`,
  );
  t.regex((await searchIndex(server, where))?.key ?? '', /'status'/);
});
