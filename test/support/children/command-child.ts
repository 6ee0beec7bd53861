import { argv, exit, stdin } from 'node:process';
import { createInterface } from 'node:readline';
import { Clock, openAggregates, openDatabase, Timestamp } from '../../../src/index.js';
import { Ledger } from '../data/ledger.js';

/**
 * One of several processes that carry out commands with ids. Reads lines `id commandId token`, carries each out without
 * waiting for the others, and answers each with `commandId`, the answer as JSON and whether it was a repeat.
 */

const [, , url = '', schema = ''] = argv;
const lines = createInterface({ input: stdin })[Symbol.asyncIterator]();
const database = await openDatabase({ url, schema });
const ledgers = openAggregates(Ledger, { store: database.store, clock: new Clock() });

async function carryOut(line: string): Promise<void> {
  const [hex = '', commandId = '', token = ''] = line.split(' ');
  const result = await ledgers.evaluate(Timestamp.parse(hex), { type: 'enter', data: { token } }, { commandId });
  if (!result.ok) throw new Error('rejected');
  const { repeated = false, events, state, sequence } = result.value;
  const answer = { state, sequence, events: events.map(({ timestamp, body }) => [timestamp.hex, body]) };
  console.log(`${commandId} ${JSON.stringify(answer)} ${repeated}`);
}

console.log('ready');
const under: Promise<void>[] = [];
for (let line = await lines.next(); !line.done && line.value !== 'end'; line = await lines.next())
  under.push(carryOut(line.value));
await Promise.all(under);
await database.close();
exit(0);
