import type { Scenario } from './explore.js';
import { fault, notSwitched, notTakenIn } from './invariants.js';
import { erasure, retry, skip } from './operators.js';
import { takenIn } from './read-model.js';
import { rebuild } from './rebuild.js';
import type { Protocol } from './rules.js';
import type { Rows } from './state.js';
import { notHandled, subscriptionFault, subscriptionWorker, time } from './subscription.js';
import { worker } from './worker.js';
import { inlineWriter } from './inline.js';
import { repeatableWriter } from './repeatable.js';
import { sqlWriter, writer } from './writers.js';

/** A log without events, and a live copy. */
export const EMPTY = takenIn({});
/** What most scenarios have in common. */
export const usual = { kills: 1, fault, missing: notTakenIn };
/** What is missing at the end of a rebuild. */
export const rebuilt = (rows: Rows) => notTakenIn(rows) ?? notSwitched(rows);

/** Makes a scenario of processes that follow the protocol. */
export type Make = (protocol: Protocol) => Scenario;

/** What is explored in each run of the tests. */
export const SCENARIOS = {
  'two writers and two workers': (protocol: Protocol): Scenario => ({
    ...usual,
    rows: EMPTY,
    programs: [
      writer('a writer', { A: ['a1', 'a2'] }),
      writer('an Elixir writer', { A: ['e1'] }),
      worker('worker 1', protocol),
      worker('worker 2', protocol),
    ],
  }),
  'an inline projection beside a writer and a worker': (protocol: Protocol): Scenario => ({
    ...usual,
    rows: EMPTY,
    programs: [
      writer('an Elixir writer', { A: ['e1'] }),
      inlineWriter('an inline commit', { A: ['i1', 'i2'] }, protocol),
      worker('a worker', protocol),
    ],
  }),
  'commits of several aggregates': (protocol: Protocol): Scenario => ({
    ...usual,
    rows: EMPTY,
    programs: [
      writer('a group commit', { A: ['g1'], B: ['g2'] }),
      inlineWriter('an inline commit', { A: ['i1'], B: ['i2'] }, protocol),
      worker('a worker', protocol, { batches: true }),
    ],
  }),
  'a gap': (protocol: Protocol): Scenario => ({
    ...usual,
    rows: EMPTY,
    programs: [
      sqlWriter('somebody', 'A', 2, 's2'),
      sqlWriter('an import', 'A', 1, 's1'),
      inlineWriter('an inline commit', { A: ['i3'] }, protocol),
      worker('a worker', protocol),
    ],
  }),
  'a rebuild beside inline commits of old code': (protocol: Protocol): Scenario => ({
    ...usual,
    missing: rebuilt,
    rows: takenIn({ A: ['a1'] }),
    programs: [
      rebuild('a rebuild', protocol),
      worker('a new worker', protocol, { version: 2 }),
      worker('an old worker', protocol),
      inlineWriter('an old inline commit', { A: ['i1'] }, protocol, { knows: '1' }),
    ],
  }),
  'a rebuild beside a writer and an old worker': (protocol: Protocol): Scenario => ({
    ...usual,
    missing: rebuilt,
    rows: takenIn({ A: ['a1'] }),
    programs: [
      rebuild('a rebuild', protocol),
      worker('a new worker', protocol, { version: 2 }),
      worker('an old worker', protocol),
      writer('a writer', { A: ['w1'] }),
    ],
  }),
  'a rebuild beside a new aggregate and an old worker': (protocol: Protocol): Scenario => ({
    ...usual,
    missing: rebuilt,
    rows: takenIn({ A: ['a1'] }),
    programs: [
      rebuild('a rebuild', protocol),
      worker('a new worker', protocol, { version: 2 }),
      worker('an old worker', protocol),
      writer('a writer', { B: ['w1'] }),
    ],
  }),
  'a rebuild beside an old commit at REPEATABLE READ': (protocol: Protocol): Scenario => ({
    ...usual,
    missing: rebuilt,
    rows: takenIn({ A: ['a1'] }),
    programs: [
      rebuild('a rebuild', protocol),
      worker('a new worker', protocol, { version: 2 }),
      worker('an old worker', protocol),
      repeatableWriter('an old inline commit', 'A', 'i1', protocol),
    ],
  }),
  'two rebuilds at once': (protocol: Protocol): Scenario => ({
    ...usual,
    missing: rebuilt,
    rows: takenIn({ A: ['a1'] }),
    programs: [
      rebuild('a rebuild', protocol),
      rebuild('another rebuild', protocol),
      worker('a new worker', protocol, { version: 2 }),
    ],
  }),
  'an erasure beside writers of the same id': (protocol: Protocol): Scenario => ({
    ...usual,
    rows: { ...takenIn({ A: ['a1'] }), 'event A 2': 'a2' },
    programs: [
      erasure('an erasure', 'A', protocol),
      inlineWriter('an inline commit', { A: ['i1'] }, protocol),
      worker('a worker', protocol),
    ],
  }),
  'an erasure of paths': (protocol: Protocol): Scenario => ({
    ...usual,
    rows: { ...takenIn({ A: ['a1'] }), 'event A 2': 'a2' },
    programs: [
      erasure('an erasure', 'A', protocol, { paths: true }),
      inlineWriter('an inline commit', { A: ['i1'] }, protocol),
      worker('a worker', protocol),
    ],
  }),
  'an erasure beside a rebuild': (protocol: Protocol): Scenario => ({
    ...usual,
    kills: 0,
    missing: rebuilt,
    rows: takenIn({ A: ['a1'] }),
    programs: [
      erasure('an erasure', 'A', protocol),
      rebuild('a rebuild', protocol),
      worker('a new worker', protocol, { version: 2 }),
      writer('a writer', { A: ['w1'] }),
    ],
  }),
  'an event that fails': (protocol: Protocol): Scenario => ({
    ...usual,
    rows: EMPTY,
    programs: [
      writer('a writer', { A: ['w1', 'w2!'] }),
      inlineWriter('an inline commit', { A: ['i1'] }, protocol),
      worker('a worker', protocol),
      skip('an operator', 'A', protocol),
      retry('a developer', 'A'),
    ],
  }),
  'an event that is committed late': (protocol: Protocol): Scenario => ({
    ...usual,
    rows: EMPTY,
    programs: [
      writer('a slow writer', { A: ['a@1'] }),
      writer('a quick writer', { B: ['b@2'] }),
      worker('a worker', protocol),
    ],
  }),
  'a subscription': (protocol: Protocol): Scenario => subscription(protocol, false),
  'a subscription that writes in its transaction': (protocol: Protocol): Scenario => subscription(protocol, true),
} satisfies Record<string, Make>;

function subscription(protocol: Protocol, writes: boolean): Scenario {
  return {
    kills: 1,
    fault: subscriptionFault,
    missing: notHandled,
    rows: { 'event A 1': 'a1' },
    programs: [
      writer('a writer', { A: ['w1'] }),
      subscriptionWorker('worker 1', protocol, { writes }),
      subscriptionWorker('worker 2', protocol, { writes }),
      time('A'),
    ],
  };
}
