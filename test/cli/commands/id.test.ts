import { testProp } from '@fast-check/ava';
import test from 'ava';
import fc from 'fast-check';
import { runCli } from '../../support/cli/cli.js';

test('id new makes another id each time, and prints it in every form', async (t) => {
  const runs = await Promise.all(Array.from({ length: 5 }, () => runCli(['id', 'new', '-q'])));
  const ids = runs.map(({ stdout }) => stdout);
  for (const id of ids) t.regex(id, /^[0-9a-f]{32}\n$/);
  t.is(new Set(ids).size, 5);

  const { code, stdout, stderr } = await runCli(['id', 'new', '-o', 'json']);
  t.deepEqual([code, stderr], [0, '']);
  const facts = JSON.parse(stdout) as Record<string, unknown>;
  t.deepEqual(Object.keys(facts), ['aggregateId', 'timestamp', 'uuid', 'time', 'counter', 'nodeId']);
  t.true(Math.abs(Number(facts['time']) - Date.now()) < 60_000, 'it carries the time it was made');
});

test('id show decodes an id', async (t) => {
  const { stdout } = await runCli(['id', 'show', '2014-09-14T00:00:00.000Z-00FF-0123456789ABCDEF', '-o', 'json']);
  t.deepEqual(JSON.parse(stdout), {
    aggregateId: '01487175840000ff0123456789abcdef',
    timestamp: '2014-09-14T00:00:00.000Z-00FF-0123456789ABCDEF',
    uuid: '01487175-8400-00ff-0123-456789abcdef',
    time: Date.UTC(2014, 8, 14),
    counter: 255,
    nodeId: '0123456789ABCDEF',
  });
});

test('id show prints a table with the local time', async (t) => {
  const time = new Date(2014, 8, 14, 1, 2, 3, 4);
  const { stdout } = await runCli(['id', 'show', `${time.toISOString()}-0000-0000000000000000`]);
  t.regex(stdout, /^local time +2014-09-14 01:02:03\.004$/m);
});

testProp(
  'id show reads every form that it prints as the same id',
  [fc.uint8Array({ minLength: 16, maxLength: 16 })],
  async (t, bytes) => {
    const hex = Buffer.from(bytes).toString('hex');
    const { stdout } = await runCli(['id', 'show', hex, '-o', 'json']);
    const facts = JSON.parse(stdout) as { aggregateId: string; timestamp: string; uuid: string };
    t.is(facts.aggregateId, hex);
    for (const form of [hex.toUpperCase(), `\\x${hex}`, facts.uuid, facts.timestamp])
      t.is((await runCli(['id', 'show', form, '-q'])).stdout, `${hex}\n`);
  },
  { numRuns: 20 },
);

test('an id past the year 9999 has no text form and prints as hex', async (t) => {
  const hex = 'f'.repeat(32);
  t.is(JSON.parse((await runCli(['id', 'show', hex, '-o', 'json'])).stdout).timestamp, hex);
  t.regex((await runCli(['id', 'show', hex])).stdout, /after the year 9999/);
});

test('what is no id is refused with the forms that are', async (t) => {
  for (const text of ['', 'new', '0123', 'g'.repeat(32), '2014-02-30T00:00:00.000Z-0000-0000000000000000']) {
    const { code, stdout, stderr } = await runCli(['id', 'show', text]);
    t.deepEqual([code, stdout], [2, ''], text);
    t.regex(stderr, /32 hex digits.*UUID/);
  }
});
