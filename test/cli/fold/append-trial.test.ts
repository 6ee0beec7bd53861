import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { defineAggregate } from '../../../src/aggregate/definition/define-aggregate.js';
import { AppendTrial } from '../../../src/cli/fold/trial/append-trial.js';
import { WouldNotFoldError } from '../../../src/cli/errors.js';
import { Clock } from '../../../src/hlc/clock.js';
import { appendEvents } from '../../../src/store/append.js';
import { type CliResult, runCli } from '../../support/cli/cli.js';
import { useTemporaryFolder, useTestDatabase } from '../../support/database.js';
import { anEvent, anId } from '../../support/data/factories.js';
import { overriding } from '../../support/servers/overriding.js';

const layouts = { plain: useTestDatabase(test), partitioned: useTestDatabase(test, { partitions: 3 }) };
const { url, schema } = layouts.plain;
const folder = useTemporaryFolder(test);

const CONFIGURATION = `
import { defineAggregate, defineConfig } from 'maestro-store';
const positive = { '~standard': { version: 1, vendor: 'test', validate: (body: { by: number }) =>
  body.by > 0 ? { value: body } : { issues: [{ message: 'must be positive', path: ['by'] }] } } };
const Calendar = defineAggregate({
  name: 'calendar',
  initialState: () => ({ periods: 0 }),
  commands: {},
  events: {
    opened: (state) => state,
    period_built: ({ periods }, { by }: { by: number }) => {
      if (periods + by > 10) throw new Error('the year is full');
      return { periods: periods + by };
    },
  },
  schemas: { period_built: positive },
  owns: { firstEvents: ['opened'] },
});
const Other = defineAggregate({ name: 'other', initialState: () => 0, commands: {}, events: { turned: (n) => n + 1 } });
export default defineConfig({ aggregates: [Calendar, Other] });
`;
test.before(() => {
  writeFileSync(join(folder, 'maestro.config.ts'), CONFIGURATION);
  writeFileSync(join(folder, 'none.json'), '{}');
});

function maestro(argv: readonly string[], place: { url?: string; schema?: string } = { url, schema }, stdin?: string) {
  return runCli(argv, {
    cwd: folder,
    env: { MAESTRO_DATABASE_URL: place.url ?? '', MAESTRO_SCHEMA: place.schema ?? '' },
    ...(stdin === undefined ? {} : { stdin }),
  });
}

async function aCalendar(periods: readonly number[] = [], place = layouts.plain): Promise<string> {
  const id = anId();
  await place
    .store()
    .commitEvents([
      anEvent(id, { type: 'opened', body: {} }),
      ...periods.map((by, index) => anEvent(id, { sequence: index + 2, type: 'period_built', body: { by } })),
    ]);
  return id.hex;
}

const build = (id: string, type = 'period_built', by = 1) => [
  'append',
  id,
  '--type',
  type,
  '--body',
  JSON.stringify({ by }),
];

/** Appends that an application could not load any more, in each place. */
async function refusals(
  run: (...argv: string[]) => Promise<CliResult>,
  id: string,
  check: (code: number, stdout: string, stderr: string) => void,
): Promise<void> {
  for (const flags of [[], ['--dry-run']]) {
    const { code, stdout, stderr } = await run(...build(id, 'period_bilt'), ...flags);
    check(code, stdout, stderr);
  }
}

for (const [layout, place] of Object.entries(layouts))
  test(`a type that no handler takes is refused with the nearest one, and nothing is written: ${layout}`, async (t) => {
    const id = await aCalendar([3], place);
    const run = (...argv: string[]) => maestro(argv, place);
    await refusals(run, id, (code, stdout, stderr) => {
      t.deepEqual([code, stdout], [5, '']);
      t.regex(
        stderr,
        new RegExp(
          `^error: With these events the history of ${id} can no longer be folded: The aggregate calendar has no handler for the event "period_bilt", sequence 3 of ${id}\\.\\n` +
            'hint: Did you mean period_built\\? It has handlers for: opened, period_built\\. .*Nothing was appended; with --force it is appended anyway\\.\\n$',
        ),
      );
    });
    t.is(
      (await place.store().getEvents((await import('../../../src/hlc/timestamp.js')).Timestamp.parse(id), 1)).length,
      2,
    );
    t.is((await run(...build(id))).code, 0);
    t.is((await run('replay', id, '-q')).code, 0);

    const tried = await run(...build(id, 'period_bilt'), '--force', '--dry-run');
    t.regex(tried.stderr, /^warning: .* It would be appended anyway \(--force\)\.\n.*nothing was written\n$/);
    const forced = await run(...build(id, 'period_bilt'), '--force');
    t.deepEqual([forced.code, forced.stdout], [0, `aggregate  ${id}\nsequence   4\n`]);
    t.regex(
      forced.stderr,
      /^warning: With these events .* can no longer be folded: .* Appended anyway \(--force\)\.\n$/,
    );
    t.is((await run('replay', id)).code, 1);

    const further = await run(...build(id));
    t.is(further.code, 5);
    t.regex(
      further.stderr,
      /^error: The history of [0-9a-f]{32} cannot be folded as it is: .*"period_bilt", sequence 4 of/,
    );
    t.is((await run(...build(id), '--force')).code, 0);
  });

test('what a schema or a handler does not take is refused with its words', async (t) => {
  const id = await aCalendar([3]);
  for (const [by, complaint] of [
    [
      -1,
      /does not match the schema of the aggregate calendar: by: must be positive\.\nhint: If older code wrote this body, add an upcaster/,
    ],
    [8, /"period_built" of the aggregate calendar at sequence 3 of .* threw: the year is full\./],
  ] as const) {
    const { code, stderr } = await maestro([...build(id, 'period_built', by)]);
    t.is(code, 5);
    t.regex(stderr, complaint);
    const json = await maestro([...build(id, 'period_built', by), '-o', 'json']);
    t.is((JSON.parse(json.stderr) as { error: { code: string } }).error.code, 'MAESTRO_WOULD_NOT_FOLD');
  }
  const file = '{"type":"period_built","body":{"by":1}}\n{"type":"period_built","body":{"by":7}}\n';
  t.is((await maestro(['append', id, '--file', '-'], undefined, file)).code, 5, 'the second alone does not fit');
  t.is((await maestro(['events', id, '-o', 'ndjson'])).stdout.trim().split('\n').length, 2);
});

test('--dry-run shows the events in their places and the state after them, and writes nothing', async (t) => {
  const id = await aCalendar([3]);
  const dry = await maestro([...build(id), '--dry-run', '-o', 'json', '--read-only']);
  t.deepEqual(
    [dry.code, JSON.parse(dry.stdout)],
    [
      0,
      {
        aggregateId: id,
        sequences: [3],
        dryRun: true,
        aggregate: 'calendar',
        events: [{ sequence: 3, type: 'period_built', body: { by: 1 } }],
        state: { periods: 4 },
      },
    ],
  );
  t.is(dry.stderr, 'note: this was a dry run: nothing was written\n');
  t.is(
    (await maestro([...build(id), '--dry-run'])).stdout,
    [
      `aggregate    ${id}`,
      'event 3      period_built {"by":1}',
      'state after  folded by the handlers of calendar',
      '{\n  "periods": 4\n}\n',
    ].join('\n'),
  );
  t.is((await maestro([...build(id), '--dry-run', '-q'])).stdout, `${id}\n`);
  t.is((await maestro([...build(id), '--dry-run', '--expect', '7'])).code, 5);
  const forced = await maestro([...build(id, 'period_bilt'), '--dry-run', '--force', '-o', 'json']);
  t.like(JSON.parse(forced.stdout), { state: null, sequences: [3] });
  t.regex(forced.stderr, /^warning: .* can no longer be folded/);

  const fresh = await maestro([
    'append',
    'new',
    '--type',
    'opened',
    '--body',
    '{"n": 1.50}',
    '--dry-run',
    '-o',
    'json',
  ]);
  t.regex(fresh.stdout, /"aggregateId":null,.*"body":\{"n":1\.50\}.*"state":\{"periods":0\}/);
  t.is((await maestro(['append', 'new', '--type', 'opened', '--body', '{}', '--dry-run', '-q'])).stdout, '');
  t.is((await maestro(['events', id, '-o', 'ndjson'])).stdout.trim().split('\n').length, 2);
});

test('without a configured aggregate nothing is folded, and that is said where one could have been meant', async (t) => {
  const append = ['append', 'new', '--type', 'something', '--body', '{}'];
  const unowned = await maestro(append);
  t.deepEqual(
    [unowned.code, unowned.stderr],
    [0, `note: no configured definition owns this aggregate, so it was not checked that the events can be folded\n`],
  );
  t.is((await maestro([...append, '--aggregate', 'calender'])).code, 2);
  const none = await maestro([...append, '--config', 'none.json', '--dry-run']);
  t.regex(none.stdout, /state after {2}not known: no configured definition owns this aggregate/);
  t.is((await maestro([...append, '--config', 'none.json'])).stderr, '');
});

test('a first event that is mistyped is told of, and refused where the aggregate is named', async (t) => {
  const append = (type: string, ...flags: string[]) =>
    maestro(['append', 'new', '--type', type, '--body', '{"by": 1}', ...flags]);
  const unowned = await append('opned', '--dry-run');
  t.is(unowned.code, 0);
  t.regex(
    unowned.stderr,
    /^warning: No configured definition owns this aggregate, .*\. Did you mean opened as the type of the first event \(calendar\)\?\n/,
  );
  const named = await append('opned', '--aggregate', 'calendar');
  t.is(named.code, 5);
  t.regex(named.stderr, /hint: Did you mean opened\?/);
  const late = await append('period_built', '--aggregate', 'calendar');
  t.is(late.code, 5);
  t.regex(
    late.stderr,
    /^error: The first event of calendar cannot be period_built: its `owns\.firstEvents` names opened\.\nhint: Commands find the handlers of calendar by the type of the first event; with period_built they would not find them\. Nothing was appended/,
  );
  const forced = await append('period_built', '--aggregate', 'calendar', '--force', '--dry-run');
  t.is(forced.code, 0);
  t.regex(forced.stderr, /^warning: The first event of calendar cannot .* It would be appended anyway \(--force\)\.\n/);
  t.is((await append('turned', '--aggregate', 'other', '--dry-run')).code, 0, 'which says nothing of its first events');
});

test('a dry run says of which types no schema has checked the body', async (t) => {
  const lines = `{"type":"opened","body":{}}\n{"type":"period_built","body":{"by":1}}\n`;
  const { stderr } = await maestro(['append', 'new', '--file', '-', '--dry-run'], undefined, lines);
  t.regex(stderr, /^note: calendar has no schema for opened, so it was only checked that the body can be folded/m);
  t.notRegex((await maestro([...build(await aCalendar()), '--dry-run'])).stderr, /no schema/);
});

test('what another writer commits meanwhile is folded before the events are tried again', async (t) => {
  const store = layouts.plain.store();
  const id = anId();
  const folded: string[] = [];
  const Full = defineAggregate({
    name: 'full',
    initialState: () => 0,
    commands: {},
    events: {
      counted: (n: number, { by }: { by: number }) => {
        folded.push(`${n}+${by}`);
        if (n + by > 10) throw new Error('full');
        return n + by;
      },
    },
  });
  const counted = (sequence: number, by: number) => anEvent(id, { sequence, type: 'counted', body: { by } });
  await store.commitEvents([counted(1, 4)]);
  let others = [counted(2, 1), counted(3, 5)];
  const raced = overriding(store, {
    commitEvents: async (events) => {
      const [other] = others;
      others = others.slice(1);
      if (other !== undefined) await store.commitEvents([other]);
      return await store.commitEvents(events);
    },
  });
  const trial = new AppendTrial({ definition: Full, store, id });
  const drafts = [{ type: 'counted', body: { by: 3 } }];
  await t.throwsAsync(appendEvents(raced, new Clock(), id, drafts, { beforeCommit: (events) => trial.run(events) }), {
    instanceOf: WouldNotFoldError,
    message: /threw: full/,
  });
  t.is((await store.getEvents(id, 1)).length, 3, 'that of the others');
  t.deepEqual(folded, ['0+4', '4+3', '4+1', '5+3', '5+5', '10+3'], 'only what is new is read again');
});

test('a state that its handlers change in place is made anew for the next try', async (t) => {
  const store = layouts.plain.store();
  const id = anId();
  class Sum {
    constructor(public total = 0) {}
  }
  const totals: number[] = [];
  const Changing = defineAggregate({
    name: 'changing',
    initialState: () => new Sum(),
    commands: {},
    events: {
      counted: (sum: Sum, { by }: { by: number }) => {
        totals.push((sum.total += by));
        return sum;
      },
    },
  });
  const counted = (sequence: number, by: number) => anEvent(id, { sequence, type: 'counted', body: { by } });
  await store.commitEvents([counted(1, 4)]);
  const trial = new AppendTrial({ definition: Changing, store, id });
  await trial.run([counted(2, 3)]);
  await store.commitEvents([counted(2, 1)]);
  await trial.run([counted(3, 3)]);
  t.is(totals.at(-1), 8);
});
