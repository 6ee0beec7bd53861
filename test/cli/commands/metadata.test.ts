import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import test from 'ava';
import type { Timestamp } from '../../../src/hlc/timestamp.js';
import { type CliOptions, type CliResult, runCli } from '../../support/cli/cli.js';
import { runWithKeys } from '../../support/cli/run-any.js';
import { useTemporaryFolder, useTestDatabase } from '../../support/database.js';
import { insertRows } from '../../support/data/transfer.js';
import { anEvent, anId, collect } from '../../support/data/factories.js';

const layouts = { plain: useTestDatabase(test), partitioned: useTestDatabase(test, { partitions: 3 }) };
const other = useTestDatabase(test);
const folder = useTemporaryFolder(test);
const NOTE = 'note: some of these events have metadata: --metadata shows it\n';

/** Handlers that take whatever they see into the state, and a schema that refuses more than it knows. */
const CONFIGURATION = `
import { defineAggregate, defineConfig } from 'maestro-store';
const schema = { '~standard': { version: 1, vendor: 'test', validate: (body: object) =>
  Object.keys(body).join() === 'email' ? { value: body } : { issues: [{ message: 'is more than an e-mail address' }] } } };
const Person = defineAggregate({
  name: 'person',
  initialState: () => ({}),
  commands: {},
  events: {
    joined: (_state, body) => body,
    said: (state, body: object) => ({ ...state, ...body }),
  },
  schemas: { joined: schema },
  owns: { firstEvents: ['joined'] },
});
export default defineConfig({ aggregates: [Person] });
`;

test.before(() => writeFileSync(join(folder, 'handlers.ts'), CONFIGURATION));

for (const [layout, database] of Object.entries(layouts)) {
  const maestro = (argv: readonly string[], options: CliOptions = {}, { url, schema } = database): Promise<CliResult> =>
    runCli(argv, { cwd: folder, env: { MAESTRO_DATABASE_URL: url, MAESTRO_SCHEMA: schema }, ...options });

  /** Two events of a new aggregate, the second with metadata. */
  const aHistory = async (): Promise<{ id: Timestamp; timestamp: string }> => {
    const id = anId();
    const events = [
      anEvent(id, { type: 'opened', body: { a: 1 } }),
      anEvent(id, {
        type: 'moved',
        sequence: 2,
        body: { amount: 2, id: id.hex },
        metadata: { correlationId: id.hex, n: 2n ** 64n },
      }),
    ];
    await database.store().commitEvents(events);
    return { id, timestamp: events[1]?.timestamp.toString() ?? '' };
  };
  const metadataOf = (id: Timestamp) => `{"n": 18446744073709551616, "correlationId": "${id.hex}"}`;

  test(`event shows metadata apart from the body, in a table and as JSON: ${layout}`, async (t) => {
    const { id, timestamp } = await aHistory();
    const { stdout } = await maestro(['event', timestamp]);
    t.true(
      stdout.endsWith(
        `\n{\n  "id": "${id.hex}",\n  "amount": 2\n}\n\nmetadata\n{\n  "n": 18446744073709551616,\n  "correlationId": "${id.hex}"\n}\n`,
      ),
      stdout,
    );
    const json = (await maestro(['event', timestamp, '-o', 'json'])).stdout;
    t.true(json.includes(`"body":{"id": "${id.hex}", "amount": 2},"metadata":${metadataOf(id)},`), json);
    t.false((await maestro(['event', id.hex, '1', '-o', 'json'])).stdout.includes('metadata'));
    t.false((await maestro(['event', id.hex, '1'])).stdout.includes('metadata'));
  });

  test(`events, search and tail have metadata in json, and in a table when they are asked for it: ${layout}`, async (t) => {
    const { id } = await aHistory();
    const where = ['--where', `$."$metadata".correlationId == "${id.hex}"`];
    for (const [argv, found] of [
      [['events', id.hex], 2],
      [['tail', id.hex], 2],
      [['search', ...where], 1],
    ] as const) {
      const lines = (await maestro([...argv, '-o', 'ndjson'])).stdout.trimEnd().split('\n');
      t.is(lines.length, found);
      t.true(lines.at(-1)?.endsWith(`"body":{"id": "${id.hex}", "amount": 2},"metadata":${metadataOf(id)}}`), lines[1]);
      if (found === 2) t.true(lines[0]?.endsWith('"body":{"a": 1}}'), lines[0]);
      t.is((await maestro([...argv, '--metadata', '-o', 'ndjson'])).stdout.trimEnd(), lines.join('\n'));

      const hidden = await maestro(argv);
      t.is(hidden.stderr, NOTE);
      t.false(hidden.stdout.includes('correlationId'), hidden.stdout);
      const shown = await maestro([...argv, '--metadata']);
      t.is(shown.stderr, '');
      const rows = shown.stdout.trimEnd().split('\n');
      t.regex(rows[0] ?? '', /TYPE {3,4}METADATA +BODY$/);
      t.true(rows.at(-1)?.endsWith(`${metadataOf(id)}  {"id": "${id.hex}", "amount": 2}`), shown.stdout);
      if (found === 2) t.regex(rows[1] ?? '', /opened {2}none {2,}\{"a": 1\}$/);
      t.is((await maestro([...argv, '-q'])).stderr, '');
    }
    const narrow = await maestro(['events', id.hex, '--metadata'], { terminal: 80 });
    t.is(
      stripVTControlCharacters(narrow.stdout).split('\n').slice(3, -1).join('').replaceAll(/\s/g, ''),
      metadataOf(id).replaceAll(/\s/g, ''),
    );
  });

  test(`append keeps metadata: of the one event, of each line of a file, and a line's own comes first: ${layout}`, async (t) => {
    const id = anId();
    const store = database.store();
    const one = ['append', id.hex, '--type', 'opened', '--body', '{}', '--metadata', '{"userId": "ada", "n": 1.10}'];
    const plan = await maestro([...one, '--dry-run', '-o', 'json']);
    t.true(
      plan.stdout.includes('"events":[{"sequence":1,"type":"opened","body":{},"metadata":{"userId":"ada","n":1.10}}]'),
    );
    t.regex((await maestro([...one, '--dry-run'])).stdout, /\nmetadata of 1 +\{"userId":"ada","n":1\.10\}\n/);
    t.is((await maestro(one)).code, 0);
    const lines = ['{"type":"a","body":{"x":1},"metadata":{"userId":"bob"}}', '{"type":"b","body":{}}'].join('\n');
    const file = ['append', id.hex, '--file', '-', '--metadata', '{"userId":"ada","by":"hand"}'];
    t.is((await maestro(file, { stdin: lines })).code, 0);
    t.deepEqual(
      (await collect(store.streamStoredEvents(id, 1))).map(({ body }) => body),
      [
        '{"$metadata": {"n": 1.10, "userId": "ada"}}',
        '{"x": 1, "$metadata": {"by": "hand", "userId": "bob"}}',
        '{"$metadata": {"by": "hand", "userId": "ada"}}',
      ],
    );
  });

  test(`append refuses metadata that is no object, and bodies that have its key: ${layout}`, async (t) => {
    const id = anId();
    const refused = async (argv: readonly string[], stdin: string, told: RegExp) => {
      const { code, stderr } = await maestro(['append', id.hex, ...argv], { stdin });
      t.is(code, 2);
      t.regex(stderr, told);
    };
    const one = ['--type', 'opened', '--body', '{}', '--metadata'];
    await refused([...one, '[1]'], '', /The text of --metadata is not a JSON object/);
    await refused([...one, '{"a": "\\u0000"}'], '', /metadata\.a contains U\+0000/);
    await refused(
      ['--type', 'a', '--body', '{"$metadata": {}}'],
      '',
      /body\.\$metadata is the key .* give it as `metadata`/,
    );
    await refused(
      ['--file', '-'],
      '{"type":"a","body":{},"metadata":1}',
      /line 1, has a "metadata" that is not an object/,
    );
    t.deepEqual(await database.store().getEvents(id, 1), []);
  });

  test(`no state has metadata, whoever folds it, and what is no metadata is a part of the body: ${layout}`, async (t) => {
    const id = anId();
    const rows = [
      '{"email": "a@b.c", "$metadata": {"by": "ada"}}',
      '{"said": 1, "$metadata": ["of", "old"]}',
      '{"$metadata": {"by": "bob"}}',
    ];
    await insertRows(database, {
      snapshots: [],
      events: rows.map((body, index) => {
        return { timestamp: anId(), aggregateId: id, sequence: index + 1, type: index === 0 ? 'joined' : 'said', body };
      }),
    });
    const merged = { email: 'a@b.c', said: 1, $metadata: ['of', 'old'] };
    const state = async (...argv: string[]) => JSON.parse((await maestro([...argv, '-o', 'json'])).stdout) as object;
    t.like(await state('replay', id.hex), { state: merged });
    const handlers = ['--config', 'handlers.ts'];
    t.like(await state('replay', id.hex, ...handlers), { aggregate: 'person', state: merged });
    const draft = ['--type', 'said', '--body', '{"said": 2}', '--metadata', '{"by": "eve"}'];
    t.like(await state('append', id.hex, ...draft, '--dry-run', ...handlers), { state: { ...merged, said: 2 } });
    const erasure = await maestro(['erase', id.hex, '--paths', '/$metadata/by', ...handlers]);
    t.is(erasure.code, 0, erasure.stderr);
    const steps = (await maestro(['replay', id.hex, '--steps'])).stdout;
    t.false(steps.includes('"by"'), steps);
    t.regex(steps, /\(no change\)\n$/);
    t.regex((await maestro(['diff', id.hex, '2', 'last'])).stdout, /\nchanges {4}none\n/);
    t.is((await maestro(['bisect', id.hex, '--where', '$."$metadata".by == "ada"'])).code, 3);
    t.is((await maestro(['check', '--config', 'handlers.ts'])).code, 0);
    const events = await maestro(['events', id.hex, '-o', 'ndjson']);
    t.true(events.stdout.includes('"body":{"said": 1, "$metadata": ["of", "old"]}}\n'), events.stdout);
    t.true(events.stdout.includes('"body":{"email": "a@b.c"},"metadata":{"by": "ada"}}\n'), events.stdout);
  });

  test(`export and import keep metadata byte for byte: ${layout}`, async (t) => {
    const { id } = await aHistory();
    const file = join(folder, `${id.hex}.ndjson`);
    t.is((await maestro(['export', id.hex, '--file', file])).code, 0);
    t.true(
      readFileSync(file, 'utf8').includes(`"body":{"id": "${id.hex}", "amount": 2, "$metadata": ${metadataOf(id)}}}\n`),
    );
    t.is((await maestro(['import', '--file', file], {}, other)).code, 0);
    t.deepEqual(await other.store().getEvents(id, 1), await database.store().getEvents(id, 1));
    t.is((await maestro(['export', id.hex], {}, other)).stdout, readFileSync(file, 'utf8'));
  });

  test(`erase reaches into metadata, and leaves the rest: ${layout}`, async (t) => {
    const { id } = await aHistory();
    const argv = ['erase', id.hex, '--paths', '/$metadata/correlationId', '--reason', 'asked to', '--execute'];
    const { code, stderr } = await maestro(argv);
    t.is(code, 0, stderr);
    const [, event] = await database.store().getEvents(id, 1, { numbers: 'lossless' });
    t.deepEqual([event?.body, event?.metadata], [{ amount: 2, id: id.hex }, { n: 2n ** 64n }]);
  });

  test(`step shows metadata below the body: ${layout}`, async (t) => {
    const { id } = await aHistory();
    const { stdout } = await runWithKeys(['step', id.hex], [{ name: 'end', text: undefined, ctrl: false }], {
      env: { MAESTRO_DATABASE_URL: database.url, MAESTRO_SCHEMA: database.schema },
      terminal: 160,
    });
    t.regex(stdout, /metadata[\s\S]*"correlationId"/);
  });
}
