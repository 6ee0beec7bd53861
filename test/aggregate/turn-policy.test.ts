import test from 'ava';
import { TurnPolicy } from '../../src/aggregate/turn-policy.js';

/** Number of commits until one looks whether others wait, of which each takes no time. */
function untilItLooks(policy: TurnPolicy): number {
  for (let count = 0; ; count += 1) {
    const looks = policy.makesRoom();
    policy.committed(0, looks);
    if (looks) return count;
  }
}

test('a first attempt asks for no turn, a further one does', (t) => {
  const policy = new TurnPolicy();
  t.false(policy.asks(1));
  t.true(policy.asks(2));
  t.true(policy.asks(3));
});

test('who met others makes room for them, and asks for a turn when somebody waits', (t) => {
  const policy = new TurnPolicy();
  t.false(policy.makesRoom());
  policy.came(true);
  t.true(policy.makesRoom());
  t.false(policy.asks(1));
  policy.awaited();
  t.true(policy.asks(1));
  policy.came(true);
  t.false(policy.asks(1));
  t.true(policy.makesRoom());
});

test('who met nobody in a turn goes on as before', (t) => {
  const policy = new TurnPolicy();
  policy.came(false);
  t.false(policy.makesRoom());
  t.false(policy.asks(1));
});

test('who meets nobody looks for others ever more rarely, and soon again after it met some', (t) => {
  const policy = new TurnPolicy();
  const counts = Array.from({ length: 10 }, () => untilItLooks(policy));
  t.deepEqual(counts, [4, 8, 16, 32, 64, 128, 256, 512, 1024, 1024]);
  policy.came(true);
  t.is(untilItLooks(policy), 0);
});

test('others may go on for the time of some commits, within bounds', (t) => {
  const policy = new TurnPolicy();
  t.is(policy.grace, 1, 'before the first commit');
  policy.committed(1000, false);
  t.is(policy.grace, 20);
  policy.committed(3, false);
  t.is(policy.grace, 12);
  policy.committed(1000, false);
  t.is(policy.grace, 13, 'a commit that something held up tells little');
  policy.committed(0.1, false);
  t.is(policy.grace, 1);
});

test('after a turn that did not come no other is asked for during a time that grows with the wait', (t) => {
  const policy = new TurnPolicy();
  policy.came(true);
  policy.awaited();
  policy.missed(60_000);
  t.false(policy.asks(1));
  t.false(policy.asks(2));
  t.false(policy.makesRoom());
  const other = new TurnPolicy();
  other.missed(0);
  t.true(other.asks(2), 'a wait of no time has no such time after it');
});
