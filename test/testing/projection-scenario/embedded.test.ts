import test from 'ava';
import { defineAggregate } from '../../../src/aggregate/definition/define-aggregate.js';
import { Timestamp } from '../../../src/hlc/timestamp.js';
import { defineProjection } from '../../../src/projection/define-projection.js';
import { projectionScenario } from '../../../src/testing/index.js';
import { useEmbeddedDatabase } from '../../support/database.js';

const database = useEmbeddedDatabase(test);

test('a scenario runs on the embedded database, whose one connection it shares', async (t) => {
  const Note = defineAggregate({
    name: 'note',
    initialState: () => 0,
    commands: {},
    events: { noted: (count: number, _body: { text: string }) => count + 1 },
  });
  const notes = defineProjection({
    name: 'notes',
    from: [Note],
    setUp: (trx) => trx.schema.createTable('notes', (table) => table.binary('id').primary() && table.text('text')),
    project: ({ aggregateId, body }, trx) =>
      trx('notes').insert({ id: aggregateId.encode(), text: body.text }).onConflict('id').merge(),
  });
  const [first, second] = [1, 2].map((time) => Timestamp.of({ time, nodeId: 1n })) as [Timestamp, Timestamp];
  const noted = (text: string) => ({ type: 'noted', body: { text } }) as const;
  await projectionScenario(notes, database.get())
    .given([first, noted('one')], [second, noted('two'), noted('three')])
    .thenRows('notes', [
      { id: first.encode(), text: 'one' },
      { id: second.encode(), text: 'three' },
    ]);
  t.pass();
});
