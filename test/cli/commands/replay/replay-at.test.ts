import { fc, testProp } from '@fast-check/ava';
import test from 'ava';
import { Timestamp } from '../../../../src/hlc/timestamp.js';
import { type CliResult, runCli } from '../../../support/cli/cli.js';
import { useTestDatabase } from '../../../support/database.js';
import { aHistoryOf, CHESS_CONFIG, chessGame, clocks } from '../../../support/data/histories.js';

const database = useTestDatabase(test);

function maestro(...argv: string[]): Promise<CliResult> {
  return runCli(argv, { env: { MAESTRO_DATABASE_URL: database.url, MAESTRO_SCHEMA: database.schema } });
}

/** Number of events before the first whose clock is later, and the events behind it whose clock is not. */
function prefix(readings: readonly Timestamp[], isLater: (reading: Timestamp) => boolean) {
  const first = readings.findIndex(isLater);
  const length = first === -1 ? readings.length : first;
  const leftOut = readings.flatMap((reading, index) => (index >= length && !isLater(reading) ? [index + 1] : []));
  return { length, leftOut };
}

/** A time as it is typed, and which readings are later. */
const moments = fc.oneof(
  fc.integer({ min: 0, max: 7 }).map((second) => ({
    text: () => new Date(second * 1000).toISOString(),
    isLater: (reading: Timestamp) => reading.time > second * 1000,
  })),
  fc.nat(11).map((nth) => ({
    text: (readings: readonly Timestamp[]) => `${readings[nth % readings.length]?.toString()}`,
    isLater: (reading: Timestamp, readings: readonly Timestamp[]) =>
      reading.compare(readings[nth % readings.length] ?? reading) > 0,
  })),
);

testProp(
  '--at gives the longest beginning of the history in which no clock is later, and warns of what it leaves out',
  [clocks({ minLength: 1 }), moments],
  async (t, readings, { text, isLater }) => {
    const { length, leftOut } = prefix(readings, (reading) => isLater(reading, readings));
    const id = await aHistoryOf(
      database.store(),
      readings.map((timestamp, index) => ({ timestamp, body: { n: index + 1, [`k${index + 1}`]: true } })),
    );
    const at = ['--at', text(readings)];

    const state = await maestro('replay', id.hex, ...at, '-o', 'json');
    const keys = Array.from({ length }, (_, index) => [`k${index + 1}`, true]);
    t.like(JSON.parse(state.stdout), {
      sequence: length,
      timestamp: length === 0 ? null : `${readings[length - 1]?.toString()}`,
      state: length === 0 ? {} : { n: length, ...Object.fromEntries(keys) },
    });
    const steps = await maestro('replay', id.hex, ...at, '--steps', '-q');
    t.is(
      steps.stdout,
      readings
        .slice(0, length)
        .map((reading) => `${reading.toString()}\n`)
        .join(''),
    );

    for (const { code, stderr } of [state, steps]) {
      t.is(code, 0);
      t.is(stderr.includes('warning: '), leftOut.length > 0, stderr);
      if (leftOut.length > 0) t.regex(stderr, new RegExp(`[Ee]vent ${leftOut[0]}\\b.* after event ${length};`));
      if (leftOut.length > 1) t.true(stderr.includes(`${leftOut.length} events, the first`), stderr);
    }
  },
  { numRuns: 12 },
);

test('of the events of one commit, a timestamp tells exactly up to which one, also with handlers', async (t) => {
  const id = await aHistoryOf(database.store(), chessGame('opera-game'));
  const events = await database.store().getEvents(id, 1);
  for (const config of [[], ['--config', CHESS_CONFIG]])
    for (const sequence of [2, 17]) {
      const at = `${events[sequence - 1]?.timestamp.toString()}`;
      const { stdout, stderr } = await maestro('replay', id.hex, '--at', at, '-o', 'json', ...config);
      const expected = await maestro('replay', id.hex, '--max-sequence', String(sequence), '-o', 'json', ...config);
      t.is(stdout.replace(`"at":"${at}",`, ''), expected.stdout);
      t.false(stderr.includes('warning'));
    }
});

test('--at takes hex digits too, in which timestamps after the year 9999 are printed', async (t) => {
  const far = Timestamp.of({ time: 2 ** 48 - 10, nodeId: 7n });
  const id = await aHistoryOf(database.store(), [{}, { timestamp: far }, {}]);
  const { stdout } = await maestro('replay', id.hex, '--at', far.toString(), '-o', 'json');
  t.like(JSON.parse(stdout), { sequence: 3 });
  const before = Timestamp.of({ time: 2 ** 48 - 11 });
  const { stdout: earlier, stderr } = await maestro('replay', id.hex, '--at', before.toString(), '-o', 'json');
  t.like(JSON.parse(earlier), { sequence: 1 });
  t.regex(stderr, /warning: Event 3 has an earlier timestamp than one before it/);
});

test('which point a day was taken for is said, by replay and by diff', async (t) => {
  const id = await aHistoryOf(database.store(), [{ body: { n: 1 } }]);
  const midnight = new Date();
  midnight.setHours(0, 0, 0, 0);
  const point = /(\d{4}-\d\d-\d\dT00:00:00\.000[+-]\d\d:\d\d)/;
  const taken = (text: string) => Date.parse(point.exec(text)?.[1] ?? text);
  for (const argv of [
    ['replay', id.hex, '--at', 'today'],
    ['replay', id.hex, '--at', 'today', '-o', 'json'],
    ['diff', id.hex, 'today', 'last'],
  ])
    t.is(taken((await maestro(...argv)).stdout), midnight.getTime(), argv.join(' '));
  for (const argv of [
    ['replay', id.hex, '--at', 'today', '--steps'],
    ['diff', id.hex, 'last', 'today', '-o', 'json'],
  ])
    t.is(taken((await maestro(...argv)).stderr), midnight.getTime(), argv.join(' '));
  t.false('at' in JSON.parse((await maestro('replay', id.hex, '-o', 'json')).stdout));
});
