import { fc, testProp } from '@fast-check/ava';
import test from 'ava';
import { InvalidArgumentError } from '../../src/errors.js';
import { Clock } from '../../src/hlc/clock.js';
import { ClockDriftError, InvalidTimestampError } from '../../src/hlc/errors.js';
import { Timestamp } from '../../src/hlc/timestamp.js';

const NOON = Date.UTC(2026, 0, 1, 12);

test('readings strictly increase on a clock that stands still for longer than the counter lasts', (t) => {
  const clock = new Clock({ physicalTime: () => NOON });
  let last = clock.now();
  let wrong = 0;
  for (let count = 1; count < 200_000; count += 1) {
    const next = clock.now();
    if (next.compare(last) <= 0) wrong += 1;
    last = next;
  }
  t.is(wrong, 0);
  t.is(last.time, NOON + 3, '200,000 readings take four milliseconds of 65,536');
});

test('a full counter waits for the next millisecond of the system clock', (t) => {
  let time = NOON;
  let polls = 0;
  const clock = new Clock({
    physicalTime: () => {
      polls += 1;
      if (polls > 65_540) time = NOON + 5;
      return time;
    },
  });
  for (let count = 0; count < 65_536; count += 1) clock.now();
  const next = clock.now();
  t.deepEqual([next.time, next.counter], [NOON + 5, 0], 'and takes the time that it shows then');
});

test('a reading is the system time when that has moved on', (t) => {
  const clock = new Clock({ physicalTime: () => NOON, nodeId: 7n });
  t.deepEqual(clock.now(), Timestamp.of({ time: NOON, counter: 0, nodeId: 7n }));
  t.deepEqual(clock.now(), Timestamp.of({ time: NOON, counter: 1, nodeId: 7n }));
});

test('the first millisecond of all is a time like any other', (t) => {
  const clock = new Clock({ physicalTime: () => 1, nodeId: 0n });
  t.deepEqual(clock.now(), Timestamp.of({ time: 1, counter: 0 }));
});

test('what is observed within the same millisecond moves the counter on, and never back', (t) => {
  const clock = new Clock({ physicalTime: () => NOON });
  const observed = (counter: number) => clock.observe(Timestamp.of({ time: NOON, counter })).counter;
  t.is(clock.now().counter, 0);
  t.deepEqual([observed(5), observed(2), observed(7), observed(0)], [6, 7, 8, 9]);
});

testProp(
  'what observe gives is later than what was observed and than all readings before',
  [
    fc.array(fc.tuple(fc.integer({ min: -400_000, max: 300_000 }), fc.integer({ min: 0, max: 65_535 })), {
      minLength: 1,
      maxLength: 50,
    }),
  ],
  (t, readings) => {
    const clock = new Clock({ physicalTime: () => NOON });
    let last = clock.now();
    for (const [offset, counter] of readings) {
      const remote = Timestamp.of({ time: NOON + offset, counter, nodeId: 2n ** 64n - 1n });
      const observed = clock.observe(remote);
      t.true(observed.compare(remote) > 0);
      t.true(observed.compare(last) > 0);
      last = clock.now();
      t.true(last.compare(observed) > 0);
    }
  },
);

type Call =
  | { readonly of: 'now' }
  | { readonly of: 'wait'; readonly by: number }
  | { readonly of: 'after' | 'observe'; readonly ahead: number; readonly counter: number };

const calls = (): fc.Arbitrary<readonly Call[]> => {
  const counter = fc.oneof(fc.integer({ min: 0, max: 3 }), fc.constantFrom(65_534, 65_535));
  return fc.array(
    fc.oneof(
      { weight: 4, arbitrary: fc.constant<Call>({ of: 'now' }) },
      { weight: 2, arbitrary: fc.record({ of: fc.constant('wait' as const), by: fc.integer({ min: -3, max: 6 }) }) },
      {
        weight: 5,
        arbitrary: fc.record({ of: fc.constant('after' as const), ahead: fc.integer({ min: -5, max: 12 }), counter }),
      },
      {
        weight: 1,
        arbitrary: fc.record({ of: fc.constant('observe' as const), ahead: fc.integer({ min: -5, max: 3 }), counter }),
      },
    ),
    { maxLength: 120 },
  );
};

testProp(
  'a reading after another one is later than it, is given once, and does not move the clock',
  [calls()],
  (t, made) => {
    let time = NOON;
    const clock = new Clock({ physicalTime: () => time, nodeId: 1n });
    const given = new Set<string>();
    let fullCounters = 0;
    let last: Timestamp | undefined;
    /** No reading of `now` may be later than this without a reason: the system clock, what was observed, a full counter. */
    let reason = NOON;
    for (const call of made) {
      if (call.of === 'wait') {
        time += call.by;
        reason = Math.max(reason, time);
        continue;
      }
      const other = call.of === 'now' ? undefined : Timestamp.of({ time: time + call.ahead, counter: call.counter });
      const isAhead = other !== undefined && other.time > Math.max(time, last?.time ?? 0);
      const reading =
        other === undefined ? clock.now() : call.of === 'after' ? clock.after(other) : clock.observe(other);
      t.false(given.has(reading.hex), 'given once');
      given.add(reading.hex);
      if (other !== undefined) t.true(reading.compare(other) > 0, 'later than the other');
      const isClose = other === undefined || reading.time - other.time <= 1 + fullCounters;
      if (reading.counter === 65_535) fullCounters += 1;
      if (call.of === 'after' && isAhead) {
        t.true(isClose, 'and close to it: it passes over milliseconds of which all readings are given, no others');
        continue;
      }
      if (last !== undefined) t.true(reading.compare(last) > 0, 'later than the readings before');
      if (other !== undefined) reason = Math.max(reason, other.time);
      // Each full counter on the way is a millisecond.
      t.true(reading.time <= reason + 1 + given.size, 'not dragged along');
      reason = Math.max(reason, reading.time);
      last = reading;
    }
    t.pass();
  },
);

test('one reading of a clock a minute ahead does not move the clock, whatever is placed after it', (t) => {
  let time = NOON;
  const clock = new Clock({ physicalTime: () => time });
  const ahead = Timestamp.of({ time: NOON + 60_000, counter: 65_535 });
  let last = ahead;
  for (let count = 0; count < 3; count += 1) {
    const reading = clock.after(last);
    t.true(reading.compare(last) > 0);
    t.is(reading.time, NOON + 60_001, 'the counter was full');
    t.is(clock.now().time, NOON);
    last = reading;
  }
  time = NOON + 60_001;
  t.deepEqual([clock.now().counter, clock.now().counter], [3, 4], 'those that were given are not given again');
  t.is(clock.after(last).time, NOON + 60_001);
});

for (const others of ['between others', 'alone'] as const)
  test(`what is given ahead, ${others}, is forgotten as it passes, and given once`, (t) => {
    let time = NOON;
    const clock = new Clock({ physicalTime: () => time, nodeId: 1n });
    const given = new Set<string>();
    let most = 0;
    for (let count = 1; count <= 30_000; count += 1) {
      time += 1;
      given.add(clock.after(Timestamp.of({ time: time + 1 + (count % 2000) })).hex);
      if (others === 'between others') given.add(clock.now().hex);
      most = Math.max(most, clock.remembered);
    }
    t.is(given.size, others === 'alone' ? 30_000 : 60_000);
    t.true(most <= 4001, `${most} were remembered at once`);
    const last = clock.now();
    t.true(last.time >= time);
    t.false(given.has(last.hex));
  });

test('nothing is placed after a reading beyond the maximum drift', (t) => {
  const clock = new Clock({ physicalTime: () => NOON, maxDrift: 1000 });
  const error = t.throws(() => clock.after(Timestamp.of({ time: NOON + 1001 })), { instanceOf: ClockDriftError });
  t.deepEqual([error.drift, error.maxDrift], [1001, 1000]);
  t.is(clock.after(Timestamp.of({ time: NOON + 1000 })).time, NOON + 1000);
  t.deepEqual([clock.driftOf(Timestamp.of({ time: NOON - 7 })), clock.now().time], [-7, NOON]);
});

test('a reading beyond the maximum drift is refused and leaves the clock as it was', (t) => {
  const clock = new Clock({ physicalTime: () => NOON, maxDrift: 1000 });
  const before = clock.now();
  t.notThrows(() => clock.observe(Timestamp.of({ time: NOON - 86_400_000 })));
  const error = t.throws(() => clock.observe(Timestamp.of({ time: NOON + 1001 })), { instanceOf: ClockDriftError });
  t.deepEqual([error.drift, error.maxDrift], [1001, 1000]);
  t.deepEqual([clock.now().time, before.time], [NOON, NOON]);
  t.is(clock.observe(Timestamp.of({ time: NOON + 1000 })).time, NOON + 1000);
});

test('the maximum drift is five minutes unless another is given', (t) => {
  const clock = new Clock({ physicalTime: () => NOON });
  t.throws(() => clock.observe(Timestamp.of({ time: NOON + 300_001 })), { instanceOf: ClockDriftError });
  t.notThrows(() => clock.observe(Timestamp.of({ time: NOON + 300_000 })));
});

test('every clock has a node id of its own, unless one is given', (t) => {
  t.not(new Clock().nodeId, new Clock().nodeId);
  t.is(new Clock({ nodeId: 5n }).now().nodeId, 5n);
});

test('options that make no sense are refused', (t) => {
  t.throws(() => new Clock({ nodeId: 2n ** 64n }), { instanceOf: InvalidTimestampError });
  for (const maxDrift of [-1, Number.NaN, Number.POSITIVE_INFINITY])
    t.throws(() => new Clock({ maxDrift }), {
      instanceOf: InvalidArgumentError,
      message: `maxDrift must be a number of milliseconds, 0 or more; got ${maxDrift}.`,
    });
  t.is(new Clock({ maxDrift: 0 }).maxDrift, 0);
});
