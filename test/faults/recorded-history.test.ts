import test from 'ava';
import { RecordedHistory } from '../support/data/recorded-history.js';

/** Two appends one after the other and a read of both, all as it should be. */
async function aHistory(): Promise<RecordedHistory> {
  const history = new RecordedHistory();
  await history.append(['a'], async () => [1]);
  await history.append(['b', 'c'], async () => [2, 3]);
  await history.read(async () => ['a', 'b', 'c']);
  return history;
}

const stored = (...tokens: string[]) => tokens.map((token, index) => ({ sequence: index + 1, token }));
const fail = () => Promise.reject(new Error('no'));

test('a history that agrees with the log has no fault', async (t) => {
  t.deepEqual((await aHistory()).faults(stored('a', 'b', 'c')), []);
});

for (const [what, log] of Object.entries({
  'an acknowledged event is lost': stored('a', 'b'),
  'an acknowledged event is elsewhere': stored('b', 'a', 'c'),
  'an event is stored twice': stored('a', 'b', 'c', 'a'),
  'an event is stored that nobody asked for': stored('a', 'b', 'c', 'd'),
  'a sequence is missing': [...stored('a', 'b', 'c'), { sequence: 5, token: 'd' }],
}))
  test(`it is a fault when ${what}`, async (t) => {
    t.not((await aHistory()).faults(log).length, 0);
  });

test('an append that failed must not be stored, one whose outcome is unknown may be, once', async (t) => {
  const history = await aHistory();
  await history.append(['failed'], fail);
  await history.append(['unknown'], fail, () => true);
  t.deepEqual(history.faults(stored('a', 'b', 'c')), []);
  t.deepEqual(history.faults(stored('a', 'b', 'c', 'unknown')), []);
  t.regex(history.faults(stored('a', 'b', 'c', 'failed')).join(), /failed was refused, but is stored/);
  t.regex(history.faults(stored('a', 'b', 'c', 'unknown', 'unknown')).join(), /stored twice/);
});

test('events that were asked for together are stored together', async (t) => {
  const history = await aHistory();
  await history.append(['d', 'e'], fail, () => true);
  t.regex(history.faults(stored('a', 'b', 'c', 'd')).join(), /in part/);
});

test('what began after another append had ended comes later', async (t) => {
  const history = new RecordedHistory();
  await history.append(['a'], async () => [2]);
  await history.append(['b'], async () => [1]);
  t.regex(history.faults(stored('b', 'a')).join(), /b began after/);
});

test('reads know what was acknowledged before, in the order of the log, and never less than one before', async (t) => {
  for (const tokens of [['a', 'b'], ['b'], ['a', 'c', 'b'], []]) {
    const history = await aHistory();
    await history.read(async () => tokens);
    t.not(history.faults(stored('a', 'b', 'c')).length, 0, tokens.join());
  }
  const history = new RecordedHistory();
  await history.append(['a'], fail, () => true);
  await history.read(async () => ['a']);
  await history.read(async () => []);
  t.regex(history.faults(stored('a')).join(), /after one of more/);
});
