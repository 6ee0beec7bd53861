import { fc, testProp } from '@fast-check/ava';
import test from 'ava';
import stringWidth from 'string-width';
import { UsageError } from '../../../src/cli/errors.js';
import { createStyle } from '../../../src/cli/render/style.js';
import { type Layout, layOut, type Size } from '../../../src/cli/step/layout.js';
import { screenLines } from '../../../src/cli/step/screen.js';
import { press, type View } from '../../../src/cli/step/view.js';
import { printJson } from '../../../src/json/print.js';
import { jsonBodies, jsonValues, timestamps } from '../../support/arbitraries.js';
import { anId } from '../../support/factories.js';

const plain = createStyle(false);
const subject = { id: anId().hex, aggregate: 'tally' };
const COLUMN = /\u001b\[\d+G/g;

const bodies = jsonBodies().map((body) => printJson(body as never));
const states = jsonValues().map((value) => printJson(value));
const sizes: fc.Arbitrary<Size> = fc.record({
  columns: fc.integer({ min: 2, max: 140 }),
  rows: fc.integer({ min: 1, max: 45 }),
});

const steps = fc.record({
  event: fc.record({
    aggregateId: timestamps(),
    timestamp: timestamps(),
    sequence: fc.integer({ min: 1, max: 99 }),
    type: fc.string({ unit: 'binary', minLength: 1 }),
    body: bodies,
  }),
  before: states,
  after: states,
  error: fc.option(
    fc.string({ unit: 'binary' }).map((text) => new UsageError(text)),
    { nil: undefined },
  ),
  gapAfter: fc.option(fc.nat(), { nil: undefined }),
});

/** Any view that there can be. */
const views: fc.Arbitrary<View> = fc
  .record({
    step: fc.option(steps, { nil: undefined }),
    last: fc.integer({ min: 99, max: 2 ** 31 }),
    mark: fc.option(fc.nat(), { nil: undefined }),
    compared: fc.option(fc.record({ sequence: fc.nat(), state: states }), { nil: undefined }),
    pane: fc.constantFrom('event', 'state'),
    scroll: fc.record({ event: fc.nat(60), state: fc.nat(60) }, { requiredKeys: [] }),
    message: fc.option(fc.string({ unit: 'binary' }), { nil: undefined }),
    prompt: fc.option(
      fc.record({ asks: fc.constantFrom('goto', 'search', 'compare'), text: fc.string({ unit: 'binary' }) }),
      { nil: undefined },
    ),
    sought: fc.constantFrom(undefined, 'x'),
    isHelp: fc.boolean(),
  })
  .map(({ step, ...view }) => ({
    ...view,
    frame: { sequence: step?.event.sequence ?? 0, step, state: step?.after ?? '{}' },
  }));

/** Lines that fit, as many as there are rows, in which nothing is that a terminal acts on but for going to a column. */
function assertFits(lines: readonly string[], { columns, rows }: Size): void {
  if (lines.length !== rows) throw new Error(`${lines.length} lines for ${rows} rows`);
  for (const line of lines) {
    const text = line.replace(COLUMN, '');
    if (stringWidth(text) > columns) throw new Error(`wider than ${columns}: ${JSON.stringify(text)}`);
    if (/(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u.test(text))
      throw new Error(`raw: ${JSON.stringify(text)}`);
  }
}

testProp(
  'the screen has as many lines as rows, none too wide, whatever is stored',
  [views, sizes],
  (t, view, size) => {
    t.notThrows(() => assertFits(screenLines(view, subject, layOut(view, size, plain), plain), size));
  },
  { numRuns: 60 },
);

const keys = fc.oneof(
  fc
    .constantFrom(
      'right',
      'left',
      'home',
      'end',
      'up',
      'down',
      'pageup',
      'pagedown',
      'tab',
      'escape',
      'return',
      'backspace',
    )
    .map((name) => ({ name, text: undefined, ctrl: false })),
  fc.constantFrom(...'ngGdmq?/.,0123x鍵🎭').map((text) => ({ name: text, text, ctrl: false })),
);

testProp(
  'whatever is pressed, the screen fits and shows a part of each half that is there',
  [views, fc.array(keys, { maxLength: 30 }), sizes],
  (t, first, pressed, size) => {
    let view = first;
    let layout: Layout = layOut(view, size, plain);
    for (const key of pressed) {
      ({ view } = press(view, key, layout));
      layout = layOut(view, size, plain);
      t.true(view.prompt?.text.isWellFormed() ?? true);
    }
    t.notThrows(() => assertFits(screenLines(view, subject, layout, plain), size));
  },
  { numRuns: 50 },
);

function aView(changes: Partial<View> = {}): View {
  const body = printJson(Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`k${index}`, index])));
  const event = { aggregateId: anId(), timestamp: anId(), sequence: 1, type: 'opened', body };
  return {
    frame: {
      sequence: 1,
      step: { event, before: body, after: body, error: undefined, gapAfter: undefined },
      state: body,
    },
    last: 1,
    mark: undefined,
    compared: undefined,
    pane: 'state',
    scroll: {},
    message: undefined,
    prompt: undefined,
    sought: undefined,
    isHelp: false,
    ...changes,
  };
}

function pressed(view: View, size: Size, ...names: string[]): View {
  return names.reduce(
    (now, name) => press(now, { name, text: undefined, ctrl: false }, layOut(now, size, plain)).view,
    view,
  );
}

test('scrolling stops at both ends, and goes back from there at once', (t) => {
  const size = { columns: 80, rows: 24 };
  const down = pressed(aView(), size, ...Array.from({ length: 9 }, () => 'pagedown'));
  t.is(down.scroll.state, 42 - 20);
  t.is(pressed(down, size, 'up').scroll.state, 42 - 20 - 1);
  t.is(pressed(down, size, ...Array.from({ length: 9 }, () => 'pageup')).scroll.state, 0);
  t.is(pressed(aView(), size, 'tab', 'down').scroll.event, 1);
  t.is(pressed(aView(), size, 'tab', 'down').scroll.state, undefined);
});

test('a state begins where the first change is, and is scrolled from there', (t) => {
  const size = { columns: 80, rows: 24 };
  const { frame, ...rest } = aView();
  const state = frame.state.replace('"k39":39', '"k39":"new"');
  const view = { ...rest, frame: { ...frame, state } };
  t.true(
    screenLines(view, subject, layOut(view, size, plain), plain).some((line) =>
      line.includes('~   "k39": "new"  was 39'),
    ),
  );
  t.is(pressed(view, size, 'up').scroll.state, 42 - 20 - 1);
});

test('the help fits the usual terminal whole', (t) => {
  const size = { columns: 80, rows: 24 };
  const view = aView({ isHelp: true });
  const lines = screenLines(view, subject, layOut(view, size, plain), plain);
  t.false(
    lines.some((line) => line.includes('…')),
    lines.join('\n'),
  );
  t.true(lines.some((line) => line.includes('q                 quit')));
});
