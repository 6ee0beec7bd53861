import { fc, testProp } from '@fast-check/ava';
import test from 'ava';
import stringWidth from 'string-width';
import { UsageError } from '../../../../src/cli/errors.js';
import { createStyle } from '../../../../src/cli/render/style.js';
import { type Layout, layOut, type Size } from '../../../../src/cli/commands/step/layout.js';
import { handleKey } from '../../../../src/cli/commands/step/handle-key.js';
import { screenLines } from '../../../../src/cli/commands/step/screen.js';
import type { Rendered } from '../../../../src/folding/timeline.js';
import type { View } from '../../../../src/cli/commands/step/view.js';
import { printJson } from '../../../../src/json/print.js';
import { codePoints, jsonBodies, jsonValues, timestamps } from '../../../support/data/arbitraries.js';
import { anId } from '../../../support/data/factories.js';

const plain = createStyle(false);
const subject = { id: anId().hex, aggregate: 'tally' };
const COLUMN = /\u001b\[\d+G/g;

const bodies = jsonBodies().map((body) => printJson(body as never));
const states = jsonValues().map((value) => printJson(value));
const sizes: fc.Arbitrary<Size> = fc.record({
  columns: fc.integer({ min: 2, max: 140 }),
  rows: fc.integer({ min: 1, max: 45 }),
});

const types = fc.string({ unit: codePoints(), minLength: 1 });
const heads = fc.uniqueArray(fc.integer({ min: 1, max: 120 }), { maxLength: 60 }).chain((sequences) =>
  fc.tuple(
    ...sequences
      .sort((a, b) => a - b)
      .map((sequence) =>
        fc.record({
          aggregateId: timestamps(),
          timestamp: timestamps(),
          sequence: fc.constant(sequence),
          type: types,
        }),
      ),
  ),
);

const steps = fc.record({
  event: fc.record({
    aggregateId: timestamps(),
    timestamp: timestamps(),
    sequence: fc.integer({ min: 1, max: 99 }),
    type: types,
    body: bodies,
  }),
  before: states,
  after: states,
  error: fc.option(
    fc.string({ unit: codePoints() }).map((text) => new UsageError(text)),
    { nil: undefined },
  ),
  gapAfter: fc.option(fc.nat(), { nil: undefined }),
});

/** Any view that there can be. */
const views: fc.Arbitrary<View> = fc
  .record({
    step: fc.option(steps, { nil: undefined }),
    heads,
    rendered: fc.option(fc.tuple(fc.string({ unit: codePoints() }), fc.string()), { nil: undefined }),
    isRendered: fc.boolean(),
    last: fc.integer({ min: 99, max: 2 ** 31 }),
    mark: fc.option(fc.nat(), { nil: undefined }),
    compared: fc.option(fc.record({ sequence: fc.nat(), state: states, rendered: fc.constant(undefined) }), {
      nil: undefined,
    }),
    pane: fc.constantFrom('events', 'event', 'state'),
    scroll: fc.record({ event: fc.nat(60), state: fc.nat(60) }, { requiredKeys: [] }),
    message: fc.option(fc.string({ unit: codePoints() }), { nil: undefined }),
    prompt: fc.option(
      fc.record({ asks: fc.constantFrom('goto', 'search', 'compare'), text: fc.string({ unit: codePoints() }) }),
      { nil: undefined },
    ),
    searched: fc.constantFrom(undefined, 'x'),
    isHelp: fc.boolean(),
  })
  .map(({ step, rendered, ...view }) => ({
    ...view,
    frame: {
      sequence: step?.event.sequence ?? 0,
      step,
      state: step?.after ?? '{}',
      rendered: rendered && renderedAs(...rendered),
    },
  }));

function renderedAs(before: string, after: string): Rendered {
  return Object.assign(() => after, { before: () => before });
}

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
  fc.constantFrom(...'nNjkrcgGdmq?/.,0123x鍵🎭').map((text) => ({ name: text, text, ctrl: false })),
);

testProp(
  'whatever is pressed, the screen fits and shows a part of each half that is there',
  [views, fc.array(keys, { maxLength: 30 }), sizes],
  (t, first, pressed, size) => {
    let view = first;
    let layout: Layout = layOut(view, size, plain);
    for (const key of pressed) {
      ({ view } = handleKey(view, key, layout));
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
    heads: [],
    isRendered: false,
    last: 1,
    mark: undefined,
    compared: undefined,
    pane: 'state',
    scroll: {},
    message: undefined,
    prompt: undefined,
    searched: undefined,
    isHelp: false,
    ...changes,
  };
}

function pressed(view: View, size: Size, ...names: string[]): View {
  return names.reduce(
    (now, name) => handleKey(now, { name, text: undefined, ctrl: false }, layOut(now, size, plain)).view,
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
  t.true(lines.some((line) => /^q +quit$/.test(line)));
});

testProp(
  'the list of events shows the one that is looked at, among those around it, wherever in the history that is',
  [fc.integer({ min: 1, max: 300 }), fc.nat(300), fc.integer({ min: 100, max: 200 }), fc.integer({ min: 6, max: 60 })],
  (t, count, at, columns, rows) => {
    const sequence = Math.min(at, count);
    const all = Array.from({ length: count }, (_, index) => {
      return { aggregateId: anId(), timestamp: anId(), sequence: index + 1, type: `type_${index + 1}` };
    });
    const view = aView({ heads: all, pane: 'events', frame: { sequence, step: undefined, state: '{}' } });
    const lines = screenLines(view, subject, layOut(view, { columns, rows }, plain), plain);
    const list = lines.slice(2, -2).map((line) => line.split('\u001b')[0]?.trim() ?? '');
    const name = sequence === 0 ? '(beginning)' : `type_${sequence}`;
    t.is(list.filter((line) => line.startsWith('▸') && line.endsWith(name)).length, 1, list.join('\n'));
    t.is(list.filter((line) => line !== '').length, Math.min(count + 1, rows - 4), 'no row is wasted');
  },
  { numRuns: 40 },
);

test('which part the arrow keys move in is marked, and tab goes from part to part', (t) => {
  const marked = (view: View, columns: number) => {
    const line = screenLines(view, subject, layOut(view, { columns, rows: 24 }, plain), plain)[1] ?? '';
    return /▸ ([A-Z]+)/.exec(line)?.[1];
  };
  const [wide, usual] = [
    { columns: 120, rows: 24 },
    { columns: 80, rows: 24 },
  ];
  const view = aView({ pane: 'events' });
  t.deepEqual([marked(view, 120), marked(view, 80)], ['EVENTS', 'STATE']);
  t.is(marked(pressed(view, wide, 'tab'), 120), 'EVENT');
  t.is(marked(pressed(view, wide, 'tab', 'tab'), 120), 'STATE');
  t.is(marked(pressed(view, wide, 'tab', 'tab', 'tab'), 120), 'EVENTS');
  t.is(marked(pressed(view, usual, 'tab'), 80), 'EVENT');
  const down = { name: 'j', text: 'j', ctrl: false };
  t.deepEqual(handleKey(view, down, layOut(view, wide, plain)).effect, { kind: 'go', to: { by: 1 } });
  t.is(handleKey(view, down, layOut(view, usual, plain)).view.scroll.state, 1);
});

test('n steps on until something was looked for, then finds it again; Esc ends that', (t) => {
  const layout = layOut(aView(), { columns: 80, rows: 24 }, plain);
  const effect = (view: View, text: string) =>
    handleKey(view, { name: text.toLowerCase(), text, ctrl: false }, layout).effect;
  t.deepEqual(effect(aView(), 'n'), { kind: 'go', to: 'next' });
  const looking = aView({ searched: 'x' });
  t.deepEqual(effect(looking, 'n'), { kind: 'find', text: 'x', isForward: true });
  t.deepEqual(effect(looking, 'N'), { kind: 'find', text: 'x', isForward: false });
  t.deepEqual(effect(pressed(looking, layout.size, 'escape'), 'n'), { kind: 'go', to: 'next' });
  t.is(effect(aView(), 'N'), undefined);
  const asked = handleKey(aView(), { name: 'g', text: 'g', ctrl: false }, layout).view;
  t.deepEqual(effect(asked, 'g'), { kind: 'go', to: 'first' }, 'gg, as in vi');
});

test('a rendered state is marked line by line, and JSON is a key away; without a render that is said', (t) => {
  const size = { columns: 80, rows: 24 };
  const { frame } = aView();
  const view = aView({ frame: { ...frame, rendered: renderedAs('a b\nc d', 'a b\nc x') } });
  const r = { name: 'r', text: 'r', ctrl: false };
  const shown = handleKey(view, r, layOut(view, size, plain)).view;
  const lines = screenLines(shown, subject, layOut(shown, size, plain), plain).join('\n');
  t.regex(lines, /│ {3}a b *\n/);
  t.regex(lines, /│ ~ c x *\n/);
  t.false(handleKey(shown, r, layOut(shown, size, plain)).view.isRendered);
  t.regex(
    handleKey(aView(), r, layOut(aView(), size, plain)).view.message ?? '',
    /^The definition of this aggregate has no `render`/,
  );
});

test('a narrow terminal has the event above the state, and a low one shows one of them', (t) => {
  const screen = (columns: number, rows: number, pane: View['pane'] = 'state') => {
    const view = aView({ pane });
    return screenLines(view, subject, layOut(view, { columns, rows }, plain), plain);
  };
  const above = screen(40, 24);
  t.regex(above[1] ?? '', /^ {2}EVENT /);
  t.true(above.some((line) => line.startsWith('▸ STATE AFTER IT')));
  t.regex(screen(20, 6)[1] ?? '', /^▸ STATE/);
  t.regex(screen(20, 6, 'event')[1] ?? '', /^▸ EVENT/);
  t.regex(screen(19, 6).join(''), /Too small/);
});

test('in a small terminal the help goes on from page to page, and all of it is to be seen', (t) => {
  const size = { columns: 40, rows: 12 };
  let view = aView({ isHelp: true });
  let text = '';
  while (view.isHelp) {
    text += screenLines(view, subject, layOut(view, size, plain), plain)
      .slice(2, -2)
      .join('\n');
    view = pressed(view, size, 'space');
  }
  for (const word of ['next event', 'compare with', 'quit', 'an error']) t.true(text.includes(word), word);
});

test('at every width the last line has as many keys as fit, and always those for help and for quitting', (t) => {
  const keys = (columns: number, searched?: string) =>
    screenLines(aView({ searched }), subject, layOut(aView(), { columns, rows: 24 }, plain), plain).at(-1) ?? '';
  for (let columns = 20; columns <= 100; columns += 1)
    for (const searched of [undefined, 'x', 'a long text that is searched in every event']) {
      const line = keys(columns, searched);
      t.true(line.endsWith('? help  q quit') && line.length <= columns, line);
    }
  t.is(keys(40), '←/→ step  g goto  / find  ? help  q quit');
  t.is(keys(52, 'deposited'), 'n/N next/previous "depos…"  Esc ends  ? help  q quit');
  t.is(keys(40, 'deposited'), 'Esc ends  ? help  q quit');
});
