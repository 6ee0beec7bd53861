import { join } from 'node:path';
import test from 'ava';
import { Timestamp } from '../../../src/hlc/timestamp.js';
import { runCli } from '../../support/cli/cli.js';
import { useTemporaryFolder, useTestDatabase } from '../../support/database.js';
import { anEvent, anId } from '../../support/data/factories.js';
import { FAULTY_CONFIG } from '../../support/data/histories.js';

const database = useTestDatabase(test);
const folder = useTemporaryFolder(test);
const START = Date.UTC(2020, 0, 1);
const id = anId();

/** Events 1 to 7 of a tally, a second apart, without the fifth. */
test.before(async () => {
  const sequences = [1, 2, 3, 4, 6, 7];
  await database.store().commitEvents(
    sequences.map((sequence) =>
      anEvent(id, {
        sequence,
        type: 'added',
        body: { by: sequence },
        timestamp: Timestamp.of({ time: START + sequence * 1000, nodeId: id.nodeId }),
      }),
    ),
  );
});

async function maestro(...argv: readonly string[]) {
  const { code, stdout, stderr } = await runCli(argv, {
    cwd: folder,
    env: { MAESTRO_DATABASE_URL: database.url, MAESTRO_SCHEMA: database.schema },
  });
  const told = stderr.split('\n').filter((line) => /^(?:warning|error): /.test(line));
  return { code, stdout, told };
}

const at = (second: number) => new Date(START + second * 1000).toISOString();
const WITHIN = /^warning: Events are missing after event 4, so the states? may be wrong/;
const ASKED = /^warning: Event 5 is missing, so this is the state after event 4/;
const BORDER = /^warning: Events are missing after event 4, and may be part of the state at that time/;
const REFUSED = /^error: The history of .* has a gap: the event after sequence 4 has the sequence 6\./;

for (const format of ['table', 'json', 'ndjson'])
  test(`a state that a missing event may have changed says so, or is refused where handlers fold: -o ${format}`, async (t) => {
    for (const [argv, merged, folded] of [
      [['diff', id.hex, '4', '7'], [WITHIN], [REFUSED]],
      [['diff', id.hex, '0', 'last'], [WITHIN], [REFUSED]],
      [['diff', id.hex, 'last', '0'], [WITHIN], [REFUSED]],
      [['diff', id.hex, '5', '6'], [WITHIN, ASKED], [REFUSED]],
      [['diff', id.hex, '4', '5'], [ASKED], [REFUSED]],
      [['diff', id.hex, '2', '4'], [], []],
      [['diff', id.hex, '2', at(4.5)], [BORDER], [BORDER]],
      [['diff', id.hex, '2', at(3.5)], [], []],
      [['replay', id.hex], [WITHIN], [REFUSED]],
      [['replay', id.hex, '--max', '5'], [ASKED], [REFUSED]],
      [['replay', id.hex, '--max', '6'], [WITHIN], [REFUSED]],
      [['replay', id.hex, '--max', '4'], [], []],
      [['replay', id.hex, '--at', at(5.5)], [BORDER], [BORDER]],
      [['replay', id.hex, '--at', at(3.5)], [], []],
      [['replay', id.hex, '--steps', '--max', '5'], [ASKED], [ASKED]],
    ] as const)
      for (const [expected, config] of [
        [merged, []],
        [folded, ['--config', FAULTY_CONFIG]],
      ] as const) {
        const { told, code } = await maestro(...argv, ...config, '-o', format);
        const text = `${argv.join(' ')}: ${told.join('\n')}`;
        if (format !== 'table' && expected[0] === REFUSED) {
          t.is(code, 1, text);
          continue;
        }
        t.is(told.length, expected.length, text);
        for (const [index, pattern] of expected.entries()) t.regex(told[index] ?? '', pattern, text);
      }
  });

test('a list of events says which are missing in it, and only there', async (t) => {
  const missing = ['warning: Event 5 is missing; see `maestro verify`.'];
  for (const [argv, expected] of [
    [[], missing],
    [['--reverse'], missing],
    [['--min', '5'], missing],
    [['--max', '5'], missing],
    [['--min', '5', '--max', '5'], missing],
    [['--max', '5', '--reverse'], missing],
    [['--reverse', '--limit', '3'], missing],
    [['--reverse', '--limit', '2'], []],
    [['--limit', '4'], []],
    [['--max', '5', '--limit', '4'], []],
    [['--max', '4'], []],
    [['--min', '6', '--max', '99'], []],
    [['--type', 'added'], []],
    [['--since', at(1)], []],
  ] as const)
    for (const format of ['table', 'json']) {
      const { told, code } = await maestro('events', id.hex, ...argv, '-o', format);
      t.deepEqual([told, code], [[...expected], 0], argv.join(' '));
    }
});

test('the plan of an erasure and an export say that events are missing', async (t) => {
  const plan = await maestro('erase', id.hex, '--reason', 'GDPR', '-o', 'json');
  t.like(JSON.parse(plan.stdout), { events: 6, sequence: 7, missing: 1 });
  t.deepEqual(plan.told, ['warning: 1 event up to the last sequence was already missing; see `maestro verify`.']);

  const other = anId();
  await database.store().commitEvents([1, 3, 5].map((sequence) => anEvent(other, { sequence })));
  const begun = anId();
  await database.store().commitEvents([anEvent(begun, { sequence: 2 })]);
  const warning = (count: string, first: string) =>
    `warning: Events are missing in ${count}, the first in ${first}; the export has the events that exist. See \`maestro verify\`.`;
  t.deepEqual((await maestro('export')).told, [warning('4 places', `${id.hex} between 4 and 6`)]);
  const file = join(folder, 'one.ndjson');
  t.deepEqual((await maestro('export', begun.hex, '--file', file)).told, [
    warning('1 place', `${begun.hex} between 0 and 2`),
  ]);
  t.deepEqual((await maestro('export', '--type', 'added')).told, []);
});
