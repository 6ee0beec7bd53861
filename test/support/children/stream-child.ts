import { openDatabase, Timestamp } from '../../../src/index.js';

/** Streams an aggregate and prints how many events there were and the sum of their sequences. */
const [url, schema, id] = process.argv.slice(2);
if (url === undefined || schema === undefined || id === undefined) throw new Error('usage: url schema id');
const database = await openDatabase({ url, schema });
let count = 0;
let sum = 0;
for await (const event of database.store.streamEvents(Timestamp.parse(id), 1)) {
  count += 1;
  sum += event.sequence;
}
await database.close();
console.log(`${count} ${sum}`);
