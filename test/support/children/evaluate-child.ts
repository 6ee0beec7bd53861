import { argv, exit, stdin } from 'node:process';
import { createInterface } from 'node:readline';
import { Clock, defineAggregate, openAggregates, openDatabase, Timestamp } from '../../../src/index.js';

/**
 * One of many processes that evaluate commands on the same aggregates, each on a clock that is wrong by its own amount, and
 * now and then by another. Reads lines `id token`, counts each token, and answers with `id sequence count token`; after the
 * last it says how often it had to decide.
 */

const [, , url = '', schema = '', ids = '', skew = '0'] = argv;
// Listened to from the beginning: what comes before somebody listens is lost.
const lines = createInterface({ input: stdin })[Symbol.asyncIterator]();
let decisions = 0;

const Counter = defineAggregate({
  name: 'counter',
  initialState: () => ({ count: 0 }),
  commands: {
    count: (_state, { token }: { token: string }) => {
      decisions += 1;
      return [{ type: 'counted', body: { token } }];
    },
  },
  events: { counted: ({ count }, _body: { token: string }) => ({ count: count + 1 }) },
  // Snapshots of other processes are among what a root is hydrated from.
  snapshot: { every: 50 },
});

const database = await openDatabase({ url, schema });
let [wrong, readings] = [Number(skew), 0];
const physicalTime = () => {
  readings += 1;
  // It is set anew: forwards, or back.
  if (readings % 20 === 0) wrong = Math.round(Number(skew) * Math.random());
  return Date.now() + wrong;
};
const clock = new Clock({ physicalTime });
const counters = openAggregates(Counter, { store: database.store, clock, maxAttempts: 1000 });
for (const hex of ids.split(',')) await counters.fetch(Timestamp.parse(hex));
console.log('ready');
for (let line = await lines.next(); !line.done && line.value !== 'end'; line = await lines.next()) {
  const [hex = '', token = ''] = line.value.split(' ');
  const result = await counters.evaluate(Timestamp.parse(hex), { type: 'count', data: { token } });
  if (!result.ok) throw new Error('rejected');
  console.log(`${hex} ${result.value.sequence} ${result.value.state.count} ${token}`);
}
console.log(`${decisions} decisions`);
await database.close();
exit(0);
