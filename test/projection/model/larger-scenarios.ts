import { inlineWriter } from './inline.js';
import { erasure } from './operators.js';
import { takenIn } from './read-model.js';
import { rebuild } from './rebuild.js';
import { EMPTY, type Make, rebuilt, usual } from './scenarios.js';
import { worker } from './worker.js';
import { writer } from './writers.js';

/** What is explored besides in full rounds. */
export const LARGER_SCENARIOS: Readonly<Record<string, Make>> = {
  'everything beside a rebuild': (protocol) => ({
    ...usual,
    missing: rebuilt,
    rows: takenIn({ A: ['a1'] }),
    programs: [
      rebuild('a rebuild', protocol),
      worker('a new worker', protocol, { version: 2 }),
      worker('an old worker', protocol),
      inlineWriter('an old inline commit', { A: ['i1'] }, protocol),
      inlineWriter('a new inline commit', { A: ['n1'] }, protocol, { version: 2 }),
    ],
  }),
  'two inline commits of several aggregates, a writer and two workers': (protocol) => ({
    ...usual,
    rows: EMPTY,
    programs: [
      inlineWriter('an inline commit', { A: ['i1', 'i2'], B: ['i3'] }, protocol),
      inlineWriter('another inline commit', { B: ['j1'], A: ['j2'] }, protocol),
      writer('an Elixir writer', { A: ['e1'] }),
      worker('worker 1', protocol, { batches: true }),
      worker('worker 2', protocol),
    ],
  }),
  'an erasure beside a rebuild, writers and workers': (protocol) => ({
    ...usual,
    missing: rebuilt,
    rows: takenIn({ A: ['a1'] }),
    programs: [
      erasure('an erasure', 'A', protocol),
      rebuild('a rebuild', protocol),
      worker('a new worker', protocol, { version: 2 }),
      worker('an old worker', protocol),
      inlineWriter('an old inline commit', { A: ['i1'] }, protocol),
    ],
  }),
  'an erasure beside a rebuild and writers of the same id': (protocol) => ({
    ...usual,
    missing: rebuilt,
    rows: takenIn({ A: ['a1', 'a2'] }),
    programs: [
      erasure('an erasure', 'A', protocol),
      rebuild('a rebuild', protocol),
      worker('a new worker', protocol, { version: 2 }),
      inlineWriter('an old inline commit', { A: ['i1'] }, protocol),
      writer('a writer', { A: ['w1'] }),
    ],
  }),
  'an erasure of paths beside a rebuild, writers and workers': (protocol) => ({
    ...usual,
    missing: rebuilt,
    rows: takenIn({ A: ['a1', 'a2'] }),
    programs: [
      erasure('an erasure', 'A', protocol, { paths: true }),
      rebuild('a rebuild', protocol),
      worker('a new worker', protocol, { version: 2 }),
      worker('an old worker', protocol),
      inlineWriter('an old inline commit', { A: ['i1'] }, protocol),
    ],
  }),
  'a rebuild by two workers beside an old one': (protocol) => ({
    ...usual,
    missing: rebuilt,
    rows: takenIn({ A: ['a1'] }),
    programs: [
      rebuild('a rebuild', protocol),
      worker('new worker 1', protocol, { version: 2 }),
      worker('new worker 2', protocol, { version: 2 }),
      worker('an old worker', protocol),
      writer('a writer', { A: ['w1', 'w2'] }),
    ],
  }),
};
