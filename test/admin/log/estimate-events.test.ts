import test from 'ava';
import { rowsOf } from '../../../src/admin/log/estimate-events.js';

test('a plan of one server tells its rows at once', (t) => {
  t.is(
    rowsOf(
      'Append  (cost=0.00..27.00 rows=1270 width=0)\n  ->  Seq Scan on event_log_0  (cost=0.00..7.00 rows=300 width=0)',
    ),
    1270,
  );
});

test('of a plan of a cluster the rows of the task that is shown count, once for each task', (t) => {
  const plan = `Custom Scan (Citus Adaptive)  (cost=0.00..0.00 rows=100000 width=0)
  Task Count: 32
  Tasks Shown: One of 32
  ->  Task
        Node: host=127.0.0.1 port=5432 dbname=app
        ->  Seq Scan on event_log_102008 event_log  (cost=0.00..12.00 rows=340 width=0)`;
  t.is(rowsOf(plan), 32 * 340);
});
