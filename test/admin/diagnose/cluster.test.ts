import test from 'ava';
import { clusterFindings } from '../../../src/admin/diagnose/cluster.js';
import type { NodeFacts, NodeSettings } from '../../../src/store/migrate/citus/node-facts.js';

const SETTINGS: NodeSettings = {
  fsync: 'on',
  fullPageWrites: 'on',
  walLevel: 'logical',
  outputPlugins: null,
  oldestPrepared: null,
  prepared: 0,
};

function aNode(settings: Partial<NodeSettings> = {}, facts: Partial<NodeFacts> = {}): NodeFacts {
  return { address: 'b:5432', isCoordinator: false, isActive: true, settings: { ...SETTINGS, ...settings }, ...facts };
}

const on = (...counts: number[]) => counts.map((shards, node) => ({ address: `n${node}`, shards }));

for (const [what, nodes, shards, expected] of [
  ['nothing is at fault', [aNode()], on(4, 4), ['ok: 1 nodes answer, and none is at fault']],
  [
    'a node is away',
    [aNode({}, { settings: undefined })],
    [],
    ['failure: node b:5432 cannot be asked: it is away, or refuses the login of this role'],
  ],
  [
    'a node is not active',
    [aNode({}, { isActive: false })],
    [],
    ['warning: node b:5432 is not active, so it gets no new data'],
  ],
  [
    'fsync is off',
    [aNode({ fsync: 'off' })],
    [],
    ['failure: node b:5432 has fsync off: a crash of its machine can lose or damage everything'],
  ],
  [
    'fsync of the coordinator is off, which is told elsewhere',
    [aNode({ fsync: 'off' }, { isCoordinator: true })],
    [],
    ['ok: 1 nodes answer, and none is at fault'],
  ],
  [
    'pages are not written whole',
    [aNode({ fullPageWrites: 'off' })],
    [],
    ['failure: node b:5432 has full_page_writes off: a crash during a write can damage pages'],
  ],
  [
    'a transaction was left prepared',
    [aNode({ prepared: 1, oldestPrepared: 300.4 })],
    [],
    ['warning: node b:5432 keeps 1 prepared transaction, for up to 300 s: what they have locked, nobody can write'],
  ],
  [
    'a transaction is being committed',
    [aNode({ prepared: 1, oldestPrepared: 3 })],
    [],
    ['ok: 1 nodes answer, and none is at fault'],
  ],
  [
    'one node has most shards',
    [aNode()],
    on(7, 1),
    ['note: the shards of the events are spread unevenly: 7 on n0, 1 on n1'],
  ],
  ['a number of shards cannot be divided', [aNode()], on(1, 0), ['ok: 1 nodes answer, and none is at fault']],
  [
    'shards cannot be moved',
    [aNode({ walLevel: 'replica', outputPlugins: 'pgoutput' })],
    [],
    [
      'note: shards cannot be moved while they are written: wal_level is replica on b:5432, not logical; output_plugin_libraries on b:5432 does not name citus',
    ],
  ],
] as const)
  // prettier-ignore
  test(`doctor on a cluster where ${what}`, (t) => {
    const findings = clusterFindings(nodes, shards);
    t.deepEqual(
      findings.map(({ status, found }) => `${status}: ${found}`),
      expected,
    );
    t.true(findings.every(({ status, remedy }) => (status === 'ok') === (remedy === undefined)));
  });
