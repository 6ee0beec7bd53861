import test from 'ava';
import { diagnose } from '../../src/admin/diagnose/diagnose.js';
import { useCluster } from '../support/cluster.js';

const cluster = useCluster(test);

test('doctor asks every node of the cluster', async (t) => {
  const checks: string[] = [];
  for await (const { check, status, found } of diagnose(cluster, { embedded: false })) {
    checks.push(check);
    if (check === 'cluster') t.not(status, 'failure', found);
    if (check === 'cluster' && status === 'ok') t.true(found.startsWith(`${cluster.nodes().length} nodes answer`));
  }
  t.true(checks.some((check) => ['cluster', 'moves of shards', 'spread'].includes(check)));
});
