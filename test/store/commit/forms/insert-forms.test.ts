import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { byUnnest } from '../../../../src/store/commit/forms/by-unnest.js';
import { byValues, MOST_VALUES } from '../../../../src/store/commit/forms/by-values.js';
import type { InsertForm } from '../../../../src/store/commit/forms/insert-form.js';
import { encodeEvents } from '../../../../src/store/commit/validate.js';
import { aHistory, anId } from '../../../support/data/factories.js';

const id = anId();
const events = (count: number) => encodeEvents(aHistory(id, count));
const commands = (count: number) =>
  Array.from({ length: count }, (_, n) => ({
    aggregateId: id,
    commandId: `command ${n}`,
    digest: 'ab',
    firstSequence: 1,
    lastSequence: 1,
  }));

/** Each kind of statement that a form has, by what it inserts. */
function statementsOf(form: InsertForm): string {
  const all = {
    'one event': form.insert(events(1), []),
    'three events': form.insert(events(3), []),
    'three events, to be compared': form.insertReturning(events(3)),
    'a command': form.insert([], commands(1)),
    'an event and a command': form.insert(events(1), commands(1)),
    'two events and a command': form.insert(events(2), commands(1)),
    'a group of two events': form.insertGroup(events(2), []),
    'a group of two events and two commands': form.insertGroup(events(2), commands(2)),
  };
  return Object.entries(all)
    .map(([what, { statement }]) => `-- ${what}\n${statement.sql};\n`)
    .join('\n');
}

for (const [name, form] of Object.entries({ unnest: byUnnest('shop'), values: byValues('shop') }))
  test(`statements by ${name} are the recorded ones`, (t) => {
    const file = fileURLToPath(new URL(`../../../fixtures/statements/inserts-by-${name}.sql`, import.meta.url));
    t.is(statementsOf(form), readFileSync(file, 'utf8'));
  });

test('every statement has as many bindings as values, and by values each row counts', (t) => {
  for (const form of [byUnnest('shop'), byValues('shop')])
    for (const count of [1, 2, 20, MOST_VALUES - 2, MOST_VALUES, 200])
      for (const made of [
        form.insert(events(count), []),
        form.insert(events(count), commands(1)),
        form.insertReturning(events(count)),
        form.insertGroup(events(count), commands(2)),
      ])
        t.is(made.bindings.length, new Set(made.statement.sql.match(/\$\d+/g)).size, made.statement.sql);
});

test('many rows are taken apart by the server on every layout', (t) => {
  t.regex(byValues('shop').insert(events(MOST_VALUES - 1), []).statement.sql, /VALUES/);
  t.regex(byValues('shop').insert(events(MOST_VALUES), []).statement.sql, /unnest/);
});

test('a schema takes few of the names that a connection keeps, whatever is committed', (t) => {
  const names = new Set<string>();
  const form = byValues('shop');
  for (let count = 1; count < 150; count += 1)
    for (const { statement } of [
      form.insert(events(count), []),
      form.insert([], commands(count)),
      form.insert(events(count), commands(1)),
      form.insertGroup(events(count), commands(3)),
    ])
      if (statement.name !== undefined) names.add(statement.name);
  t.true(names.size <= 24, `${names.size} names`);
});

test('rows of a commit go in by aggregate, the last sequence first, in both forms', (t) => {
  const [first, second] = [anId(), anId()].sort((a, b) => a.compare(b));
  const mixed = encodeEvents(
    [...aHistory(second ?? id, 2), ...aHistory(first ?? id, 2)].toSorted((a, b) => a.sequence - b.sequence),
  );
  const sorted = [`${first?.hex}`, `${first?.hex}`, `${second?.hex}`, `${second?.hex}`];
  const values = byValues('shop').insert(mixed, []).bindings;
  t.deepEqual(
    [1, 6, 11, 16].map((at) => values[at]),
    sorted,
  );
  t.deepEqual(
    [2, 7, 12, 17].map((at) => values[at]),
    [2, 1, 2, 1],
  );
  const columns = byUnnest('shop').insert(mixed, []).bindings;
  t.is(columns[1], sorted.join(','));
  t.is(columns[2], '2,1,2,1');
});
