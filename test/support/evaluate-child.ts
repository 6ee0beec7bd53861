import { argv, exit, stdin } from 'node:process';
import { createInterface } from 'node:readline';
import { Clock, defineAggregate, openAggregates, openDatabase, Timestamp } from '../../src/index.js';

/**
 * One of many processes that evaluate commands on one aggregate, each on a clock that is wrong by its own amount. Reads
 * tokens, counts each, and answers with `sequence count token`; after the last it says how often it had to decide.
 */

const [, , url = '', schema = '', hex = '', skew = '0'] = argv;
// Listened to from the beginning: what comes before somebody listens is lost.
const tokens = createInterface({ input: stdin })[Symbol.asyncIterator]();
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
const clock = new Clock({ physicalTime: () => Date.now() + Number(skew) });
const counters = openAggregates(Counter, { store: database.store, clock, maxAttempts: 1000 });
const id = Timestamp.parse(hex);
await counters.fetch(id);
console.log('ready');
for (let token = await tokens.next(); !token.done && token.value !== 'end'; token = await tokens.next()) {
  const result = await counters.evaluate(id, { type: 'count', data: { token: token.value } });
  if (!result.ok) throw new Error('rejected');
  console.log(`${result.value.sequence} ${result.value.state.count} ${token.value}`);
}
console.log(`${decisions} decisions`);
await database.close();
exit(0);
