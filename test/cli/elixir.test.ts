import { join } from 'node:path';
import test from 'ava';
import { openEmbedded } from '../../src/connection/embedded/embedded.js';
import { runCli } from '../support/cli/cli.js';
import { ADOPTION } from '../support/data/steps.js';
import { useTemporaryFolder, useTestDatabase } from '../support/database.js';
import {
  type DumpedEvent,
  dumpedEvents,
  dumpedSnapshots,
  expectedAggregates,
  loadElixirFixture,
} from '../support/data/elixir-fixture.js';

const database = useTestDatabase(test, { migrated: false });
const dataDir = join(useTemporaryFolder(test), 'data');

const onServer = (...argv: string[]) => runCli([...argv, '--url', database.url, '--schema', database.schema]);
const onEmbedded = (...argv: string[]) => runCli([...argv, '--data-dir', dataDir]);

test.before(() => loadElixirFixture(database.knex, database.schema));

test('migrate adopts the tables of Elixir Maestro', async (t) => {
  t.is((await onServer('migrate', 'status', '--exit-code')).code, 1);

  t.deepEqual(JSON.parse((await onServer('migrate', '-o', 'json')).stdout), ADOPTION);

  const status = await onServer('migrate', 'status', '--exit-code', '-o', 'json');
  t.is(status.code, 0);
  t.like(JSON.parse(status.stdout), { upToDate: true, faults: [], partitions: 1 });
});

for (const { aggregateId: id, eventCount, eventTypes } of expectedAggregates) {
  test(`events lists all ${eventCount} events of ${id} as they are in the dump`, async (t) => {
    const { code, stdout, stderr } = await onServer('events', id, '-o', 'ndjson');

    t.deepEqual([code, stderr], [0, '']);
    const lines = stdout.split('\n').slice(0, -1);
    t.deepEqual(lines, historyOf(id).map(asLine));
    t.is(lines.length, eventCount);
    const types = lines.map((line) => (JSON.parse(line) as { type: string }).type);
    t.deepEqual(count(types), eventTypes);
  });

  test(`replay merges the history of ${id}`, async (t) => {
    for (const share of [0.3, 1]) {
      const history = historyOf(id).slice(0, Math.ceil(eventCount * share));
      const { code, stdout } = await onServer('replay', id, '--max-sequence', String(history.length), '-o', 'json');
      t.is(code, 0);
      t.deepEqual(JSON.parse(stdout), {
        aggregateId: id,
        sequence: history.length,
        timestamp: textForm(history.at(-1)?.timestamp ?? ''),
        aggregate: null,
        state: merged(history),
      });
    }
  });
}

test('snapshot get reads the snapshots of Elixir Maestro', async (t) => {
  for (const { aggregateId, sequence, body } of dumpedSnapshots()) {
    const { stdout } = await onServer('snapshot', 'get', aggregateId, '-o', 'json');
    t.is(stdout, `{"aggregateId":"${aggregateId}","sequence":${sequence},"body":${body}}\n`);
  }
  for (const { aggregateId, snapshot } of expectedAggregates) {
    const { code, stdout } = await onServer('snapshot', 'get', aggregateId, '-o', 'json');
    t.is(code, snapshot === null ? 3 : 0);
    if (snapshot !== null) t.deepEqual(JSON.parse(stdout), { aggregateId, ...snapshot });
  }
});

// Alone, because opening that database keeps this process busy for a while.
test.serial('the embedded database adopts and reads the same', async (t) => {
  const embedded = await openEmbedded(dataDir, { schema: 'public' });
  await loadElixirFixture(embedded.knex);
  await embedded.close();

  t.deepEqual(JSON.parse((await onEmbedded('migrate', '-o', 'json')).stdout), ADOPTION);
  for (const { aggregateId: id } of expectedAggregates) {
    const { stdout } = await onEmbedded('events', id, '-o', 'ndjson');
    t.deepEqual(stdout.split('\n').slice(0, -1), historyOf(id).map(asLine));
  }
  const [{ aggregateId: id } = { aggregateId: '' }] = expectedAggregates;
  const replay = ['replay', id, '-o', 'json'];
  t.deepEqual(await onEmbedded(...replay), await onServer(...replay));
});

function historyOf(id: string): DumpedEvent[] {
  return dumpedEvents()
    .filter(({ aggregateId }) => aggregateId === id)
    .sort((a, b) => a.sequence - b.sequence);
}

function asLine({ timestamp, aggregateId, sequence, type, body }: DumpedEvent): string {
  return `{"aggregateId":"${aggregateId}","sequence":${sequence},"timestamp":"${textForm(timestamp)}","type":"${type}","body":${body}}`;
}

function textForm(hex: string): string {
  const digits = hex.toUpperCase();
  const time = new Date(Number.parseInt(hex.slice(0, 12), 16)).toISOString();
  return `${time}-${digits.slice(12, 16)}-${digits.slice(16)}`;
}

function count(items: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const item of items) counts[item] = (counts[item] ?? 0) + 1;
  return counts;
}

/** The bodies of these events have no nested objects and no null, so merging them is one assignment after another. */
function merged(history: readonly DumpedEvent[]): unknown {
  return Object.assign({}, ...history.map(({ body }) => JSON.parse(body) as object));
}
