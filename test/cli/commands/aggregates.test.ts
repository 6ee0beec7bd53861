import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { type CliResult, runCli } from '../../support/cli/cli.js';
import { useTemporaryFolder, useTestDatabase } from '../../support/database.js';
import { anEvent, anId } from '../../support/data/factories.js';

const database = useTestDatabase(test);
const folder = useTemporaryFolder(test);

/** A configuration file in TypeScript with the aggregates of an application, one of them in a file of its own. */
const CONFIGURATION = `
import { defineAggregate, defineConfig } from 'maestro-store';
import { Account } from './account.js';

const Door = defineAggregate({
  name: 'door',
  initialState: (): { open: boolean } => ({ open: false }),
  commands: {},
  events: { turned: (_state, body: { open: boolean }) => ({ open: body.open }) },
  owns: { ids: (id) => id.nodeId === 7n },
});
const Greedy = defineAggregate({
  name: 'greedy',
  initialState: () => 0,
  commands: {},
  events: { shared: (count) => count + 1 },
  owns: { firstEvents: ['shared'] },
});

export default defineConfig({ aggregates: [Account, Door, Greedy] });
`;
const ACCOUNT = `
import { defineAggregate } from 'maestro-store';

interface State { readonly owner: string; readonly balance: number }

export const Account = defineAggregate({
  name: 'account',
  initialState: (): State => ({ owner: '', balance: 0 }),
  commands: {},
  events: {
    opened: (state, { owner }: { owner: string }) => ({ ...state, owner }),
    deposited: (state, { amount }: { amount: number }) => ({ ...state, balance: state.balance + amount }),
    failed: (): State => { throw new TypeError('cannot add apples'); },
    promised: (async (state: State) => state) as unknown as (state: State) => State,
    forgotten: (() => undefined) as unknown as (state: State) => State,
  },
  owns: { firstEvents: ['opened'] },
  render: ({ owner, balance }) => owner + ' has ' + balance + '\\u001b[31m',
});
`;

test.before(() => {
  writeFileSync(join(folder, 'maestro.config.ts'), CONFIGURATION);
  writeFileSync(join(folder, 'account.ts'), ACCOUNT);
  writeFileSync(join(folder, 'plain.json'), '{}');
});

function maestro(...argv: string[]): Promise<CliResult> {
  const env = { MAESTRO_DATABASE_URL: database.url, MAESTRO_SCHEMA: database.schema };
  return runCli(argv, { cwd: folder, env });
}

/** Stores a history with these events, for a new aggregate unless one is given. */
async function aHistoryOf(events: readonly (readonly [type: string, body: object])[], id = anId()): Promise<string> {
  await database
    .store()
    .commitEvents(events.map(([type, body], index) => anEvent(id, { sequence: index + 1, type, body })));
  return id.hex;
}

const opened = ['opened', { owner: 'Ada' }] as const;
const deposited = ['deposited', { amount: 5 }] as const;

test('replay folds with the handlers of the aggregate whose first event it is', async (t) => {
  const id = await aHistoryOf([opened, deposited, deposited]);
  const { code, stdout, stderr } = await maestro('replay', id, '-o', 'json');
  t.deepEqual([code, stderr], [0, '']);
  const { timestamp, ...rest } = JSON.parse(stdout) as Record<string, unknown>;
  t.deepEqual(rest, { aggregateId: id, sequence: 3, aggregate: 'account', state: { owner: 'Ada', balance: 10 } });
  t.is(typeof timestamp, 'string');
  t.deepEqual(Object.keys(JSON.parse(stdout) as object), [
    'aggregateId',
    'sequence',
    'timestamp',
    'aggregate',
    'state',
  ]);

  t.like(JSON.parse((await maestro('replay', id, '--max-sequence', '2', '-o', 'json')).stdout), {
    sequence: 2,
    state: { balance: 5 },
  });
  t.like(JSON.parse((await maestro('replay', id, '--max-sequence', '0', '-o', 'json')).stdout), {
    sequence: 0,
    timestamp: null,
    state: { balance: 0 },
  });
  t.like(JSON.parse((await maestro('replay', id, '--at', '1971-01-01', '-o', 'json')).stdout), {
    sequence: 0,
    state: { balance: 0 },
  });
  t.like(JSON.parse((await maestro('replay', id, '--at', 'now', '-o', 'json')).stdout), {
    sequence: 3,
    state: { balance: 10 },
  });
});

test('an aggregate can say which ids are its own', async (t) => {
  const { time, counter } = anId();
  const { Timestamp } = await import('../../../src/hlc/timestamp.js');
  const id = await aHistoryOf([['turned', { open: true }]], Timestamp.of({ time, counter, nodeId: 7n }));
  t.like(JSON.parse((await maestro('replay', id, '-o', 'json')).stdout), { aggregate: 'door', state: { open: true } });
});

test('--aggregate names the handlers, whichever definition owns the aggregate', async (t) => {
  const id = await aHistoryOf([deposited]);
  const merged = await maestro('replay', id, '-o', 'json');
  t.like(JSON.parse(merged.stdout), { aggregate: null, state: { amount: 5 } });
  t.regex(merged.stderr, /^note: no configured definition owns this aggregate, so the bodies were merged/);
  t.like(JSON.parse((await maestro('replay', id, '--aggregate', 'account', '-o', 'json')).stdout), {
    state: { balance: 5 },
  });
});

test('a table says whose handlers and which snapshot, and shows what the application renders, escaped', async (t) => {
  const id = await aHistoryOf([opened, deposited]);
  const { stdout } = await maestro('replay', id);
  t.regex(stdout, /^state +folded by the handlers of account$/m);
  t.true(stdout.endsWith('\n\nAda has 5\\u001b[31m\n'), stdout);

  t.like(await maestro('snapshot', 'create', id), { code: 0 });
  t.regex(
    (await maestro('replay', id)).stdout,
    /^state +folded by the handlers of account, on the snapshot of sequence 2$/m,
  );
  t.like(JSON.parse((await maestro('replay', id, '-o', 'json')).stdout), { snapshot: 2 });
  t.regex((await maestro('replay', id, '--no-snapshot')).stdout, /^state +folded by the handlers of account$/m);
});

test('--no-snapshot folds from the first event', async (t) => {
  const id = await aHistoryOf([opened, deposited]);
  await maestro('snapshot', 'put', id, '--sequence', '1', '--body', '{"owner": "Eve", "balance": 100}');
  t.like(JSON.parse((await maestro('replay', id, '-o', 'json')).stdout), { state: { owner: 'Eve', balance: 105 } });
  t.like(JSON.parse((await maestro('replay', id, '--no-snapshot', '-o', 'json')).stdout), {
    state: { owner: 'Ada', balance: 5 },
  });
});

const FAULTS = [
  [
    'failed',
    'MAESTRO_HANDLER',
    /The event handler "failed" of the aggregate account at sequence 2 of ID threw: cannot add apples\./,
  ],
  ['promised', 'MAESTRO_HANDLER', /"promised" .* at sequence 2 of ID returned a promise\./],
  ['forgotten', 'MAESTRO_HANDLER', /"forgotten" .* at sequence 2 of ID returned undefined\./],
  [
    'unheard-of',
    'MAESTRO_INVALID_HANDLER',
    /The aggregate account has no handler for the event "unheard-of", sequence 2 of ID\./,
  ],
] as const;

for (const [type, code, message] of FAULTS)
  for (const command of [['replay'], ['snapshot', 'create']])
    test(`${command.join(' ')} reports the event ${type} with its aggregate, sequence and file, and exits with 1`, async (t) => {
      const id = await aHistoryOf([opened, [type, {}], deposited]);

      const text = await maestro(...command, id);
      const json = await maestro(...command, id, '-o', 'json');

      t.deepEqual([text.code, text.stdout, json.code, json.stdout], [1, '', 1, '']);
      t.regex(text.stderr.replaceAll(id, 'ID'), message);
      t.true(text.stderr.includes(join(folder, 'account.ts')), text.stderr);
      t.is((JSON.parse(json.stderr) as { error: { code: string } }).error.code, code);
      t.is(
        await database.store().getSnapshot((await import('../../../src/hlc/timestamp.js')).Timestamp.parse(id), 1),
        undefined,
      );
      if (command[0] === 'replay')
        t.is((await maestro('replay', id, '--max-sequence', '1')).code, 0, 'the state before it');
    });

test('snapshot create stores what the handlers make of the whole history', async (t) => {
  const id = await aHistoryOf([opened, deposited]);
  const { code, stdout } = await maestro('snapshot', 'create', id, '--aggregate', 'account', '-o', 'json');
  t.deepEqual([code, stdout], [0, `{"aggregateId":"${id}","sequence":2}\n`]);
  const stored = JSON.parse((await maestro('snapshot', 'get', id, '-o', 'json')).stdout) as object;
  t.deepEqual(stored, { aggregateId: id, sequence: 2, body: { owner: 'Ada', balance: 5 } });

  const again = await maestro('snapshot', 'create', id);
  t.is(again.code, 5);
  t.regex(again.stderr, /sequence 2 or later is already stored/);
});

test('what cannot be chosen is refused, and nothing is written', async (t) => {
  const known = await aHistoryOf([opened]);
  const unknown = await aHistoryOf([deposited]);
  for (const [code, words, message] of [
    [
      2,
      ['replay', known, '--aggregate', 'acount'],
      /No aggregate "acount" is configured\.\nhint: Did you mean account\? The configured aggregates are account, door, greedy\./,
    ],
    [2, ['snapshot', 'create', known, '--aggregate', 'acount'], /No aggregate "acount"/],
    [
      2,
      ['replay', known, '--aggregate', 'account', '--config', 'plain.json'],
      /hint: List the aggregates in maestro\.config\.ts/,
    ],
    [2, ['snapshot', 'create', unknown], /No configured definition owns .*\.\nhint: Choose one with --aggregate/],
    [3, ['replay', anId().hex, '--aggregate', 'account'], /There is no aggregate/],
    [3, ['snapshot', 'create', anId().hex, '--aggregate', 'account'], /There is no aggregate/],
  ] as const) {
    const result = await maestro(...words);
    t.deepEqual([result.code, result.stdout], [code, ''], words.join(' '));
    t.regex(result.stderr, message);
  }
});

test('an id that two aggregates say is theirs is not guessed at', async (t) => {
  const file = join(folder, 'ambiguous.ts');
  writeFileSync(
    file,
    `import { defineAggregate } from 'maestro-store';
     const named = (name: string) => defineAggregate({
       name, initialState: () => 0, commands: {}, events: { shared: (count) => count + 1 }, owns: { firstEvents: ['shared'] },
     });
     export default { aggregates: [named('greedy'), named('also-greedy')] };`,
  );
  const id = await aHistoryOf([['shared', {}]]);
  const { code, stderr } = await maestro('replay', id, '--config', file);
  t.is(code, 2);
  t.regex(
    stderr,
    /belongs to several configured definitions: greedy, also-greedy\.\nhint: Choose one with --aggregate/,
  );
});

test('a state that is no JSON is shown as its definition stores it, or else as close as JSON comes', async (t) => {
  const file = join(folder, 'maps.ts');
  writeFileSync(
    file,
    `import { defineAggregate } from 'maestro-store';
     const state = () => ({ map: new Map([['a', 1n << 70n]]), set: new Set([1]), at: new Date(0), no: undefined, odd: NaN });
     const base = { initialState: state, commands: {}, events: { opened: state } };
     export default { aggregates: [
       defineAggregate({ ...base, name: 'maps' }),
       defineAggregate({ name: 'plain', initialState: () => 1, commands: {}, events: { opened: () => 2 }, snapshot: { encode: (n) => ({ n }) } }),
       defineAggregate({ ...base, name: 'stored', snapshot: { encode: ({ map }) => ({ keys: [...map.keys()] }) } }),
     ] };`,
  );
  const id = await aHistoryOf([opened]);
  const shown = (aggregate: string, ...argv: string[]) =>
    maestro('replay', id, '--config', file, '--aggregate', aggregate, ...argv);
  const state = '{"map":[["a",1180591620717411303424]],"set":[1],"at":"1970-01-01T00:00:00.000Z","odd":"NaN"}';
  t.true((await shown('maps', '-o', 'json')).stdout.endsWith(`"state":${state}}\n`));
  t.regex((await shown('maps')).stdout, /1180591620717411303424/);
  t.true((await shown('plain', '-o', 'json')).stdout.endsWith('"state":2}\n'), 'JSON is shown as it is');
  t.true((await shown('stored', '-o', 'json')).stdout.endsWith('"state":{"keys":["a"]}}\n'));
});

test('a render that fails is named, and does not concern JSON', async (t) => {
  const file = join(folder, 'render.ts');
  writeFileSync(
    file,
    `import { defineAggregate } from 'maestro-store';
     export default { aggregates: [defineAggregate({
       name: 'drawn', initialState: () => 1, commands: {}, events: { opened: (n) => n + 1 }, render: () => { throw new Error('no ink'); },
     })] };`,
  );
  const id = await aHistoryOf([opened]);
  const drawn = await maestro('replay', id, '--config', file, '--aggregate', 'drawn');
  t.deepEqual([drawn.code, drawn.stdout], [1, '']);
  t.regex(drawn.stderr, /function render of the aggregate drawn .* threw: no ink\./);
  t.like(JSON.parse((await maestro('replay', id, '--config', file, '--aggregate', 'drawn', '-o', 'json')).stdout), {
    state: 2,
  });
});

test('snapshot create says why a stored snapshot that is not used is not replaced', async (t) => {
  const id = await aHistoryOf([opened]);
  const file = (version: number) => {
    const path = join(folder, `version-${version}.ts`);
    writeFileSync(
      path,
      `import { defineAggregate } from 'maestro-store';
       export default { aggregates: [defineAggregate({
         name: 'versioned', initialState: () => ({}), commands: {}, events: { opened: () => ({}) }, snapshot: { version: ${version} },
       })] };`,
    );
    return path;
  };
  const create = (version: number) =>
    maestro('snapshot', 'create', id, '--config', file(version), '--aggregate', 'versioned');
  t.is((await create(1)).code, 0);
  const again = await create(1);
  t.is(again.code, 5);
  t.regex(again.stderr, /hint: Nothing was written\. See `maestro snapshot get [0-9a-f]{32} --config /);
  const newer = await create(2);
  t.is(newer.code, 5);
  t.regex(newer.stderr, /hint: Nothing was written\. The stored one is not used: it has another version/);
});

const BAD_CONFIGURATIONS: readonly (readonly [what: string, text: string, message: RegExp])[] = [
  ['no default export', 'export const aggregates = [];', /exports no configuration/],
  ['no list', 'export default { aggregates: {} };', /aggregates is not a list of aggregates/],
  [
    'something that defineAggregate() did not make',
    `export default { aggregates: [{ name: 'x' }] };`,
    /Make each with `defineAggregate/,
  ],
  [
    'one name twice',
    `import { defineAggregate } from 'maestro-store';
    const one = () => defineAggregate({ name: 'x', initialState: () => 0, commands: {}, events: {} });
    export default { aggregates: [one(), one()] };`,
    /two aggregates have the name x/,
  ],
  [
    'a bad definition',
    `import { defineAggregate } from 'maestro-store';
    export default { aggregates: [defineAggregate({ name: 'x', commands: {}, events: {} })] };`,
    /initialState is not a function/,
  ],
  ['projections that are none', `export default { projections: [{ name: 'x' }] };`, /Make each with `defineProjection/],
  [
    'one name twice, of a projection and a subscription',
    `import { defineAggregate, defineProjection, defineSubscription } from 'maestro-store';
    const from = [defineAggregate({ name: 'x', initialState: () => 0, commands: {}, events: {} })];
    export default { projections: [
      defineProjection({ name: 'x', from, project: () => {} }),
      defineSubscription({ name: 'x', from, startAt: 'now', handle: () => {} }),
    ] };`,
    /two projections have the name x/,
  ],
];

for (const [what, text, message] of BAD_CONFIGURATIONS)
  test(`a configuration with ${what} for its aggregates is refused`, async (t) => {
    const file = join(folder, `${what.replaceAll(/\W/g, '-')}.ts`);
    writeFileSync(file, text);
    const { code, stderr } = await maestro('replay', anId().hex, '--config', file);
    t.is(code, 2);
    t.regex(stderr, message);
  });
