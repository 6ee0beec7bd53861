import type { Timestamp } from '../../../hlc/timestamp.js';
import type { Key } from '../../context.js';
import { parseTimeBound } from '../../input/time-bound.js';
import { helpLines, helpRows } from './help.js';
import { activePane, beginning, type Layout } from './layout.js';
import { type PaneName, type Prompt, TOP, type View } from './view.js';

/** A place to go to. */
export type Place =
  | 'next'
  | 'previous'
  | 'first'
  | 'last'
  | { readonly sequence: number }
  | { readonly time: Timestamp }
  /** So many events further, or back. */
  | { readonly by: number };

/** An action that a key asks for beyond the screen. */
export type Effect =
  | { readonly kind: 'go'; readonly to: Place }
  | { readonly kind: 'find'; readonly text: string; readonly isForward: boolean }
  | { readonly kind: 'compare'; readonly to: Place }
  | { readonly kind: 'quit' };

/** The view after a key, and what the key asks for. */
export interface Pressed {
  readonly view: View;
  readonly effect?: Effect;
}

const PLACES: Readonly<Record<string, Place>> = {
  right: 'next',
  l: 'next',
  space: 'next',
  return: 'next',
  left: 'previous',
  p: 'previous',
  h: 'previous',
  backspace: 'previous',
  home: 'first',
  end: 'last',
};

/** Applies a key to a view. */
export function press(before: View, key: Key, layout: Layout): Pressed {
  if (before.prompt !== undefined) return answer(before, before.prompt, key);
  const view: View = { ...before, message: undefined };
  if (view.isHelp) return { view: helped(view, layout) };
  if (key.ctrl) return key.name === 'd' ? { view, effect: { kind: 'quit' } } : { view };
  const place = placeFor(view, key);
  if (place !== undefined) return { view, effect: { kind: 'go', to: place } };
  switch (key.text) {
    case 'q':
      return { view, effect: { kind: 'quit' } };
    case 'g':
      return { view: { ...view, prompt: { asks: 'goto', text: '' } } };
    case '/':
      return { view: { ...view, prompt: { asks: 'search', text: '' } } };
    case 'n':
    case '.':
    case 'N':
    case ',':
      if (view.sought === undefined)
        return { view: { ...view, message: 'Nothing to find again yet: press / to search' } };
      return { view, effect: { kind: 'find', text: view.sought, isForward: key.text === 'n' || key.text === '.' } };
    case 'r':
      return { view: toggled(view) };
    case 'j':
      return moved(view, 'down', layout);
    case 'k':
      return moved(view, 'up', layout);
    case 'm':
      return { view: { ...view, mark: view.frame.sequence, message: `Marked ${view.frame.sequence}: d compares` } };
    case 'd':
      return compare(view);
    case 'c':
      return { view: { ...view, scroll: { ...view.scroll, state: nextChange(view, layout) } } };
    case '?':
      return { view: { ...view, isHelp: true } };
    default:
      return moved(view, key.name, layout);
  }
}

/** The next page of the help, or what was there before it. */
function helped(view: View, { size }: Layout): View {
  const helpFrom = (view.helpFrom ?? 0) + helpRows(size.rows);
  return helpFrom < helpLines(size.columns).length ? { ...view, helpFrom } : { ...view, isHelp: false, helpFrom: 0 };
}

/** The place that a key names. Until something was looked for, n is the next event, as p is the one before. */
function placeFor({ sought }: View, { name, text }: Key): Place | undefined {
  if (text === 'G') return 'last';
  if (text === 'n' && sought === undefined) return 'next';
  return text === undefined || text.toLowerCase() === text ? PLACES[name] : undefined;
}

function toggled(view: View): View {
  if (view.frame.rendered === undefined)
    return { ...view, message: 'No configured definition of this aggregate has a render.' };
  return { ...view, isRendered: !view.isRendered, scroll: TOP };
}

function compare(view: View): Pressed {
  if (view.compared !== undefined) return { view: { ...view, compared: undefined, scroll: TOP } };
  if (view.mark === undefined) return { view: { ...view, prompt: { asks: 'compare', text: '' } } };
  return { view, effect: { kind: 'compare', to: { sequence: view.mark } } };
}

/** The line to scroll the state to for the next change below what is seen of it; after the last, for the first. */
function nextChange({ scroll }: View, { state }: Layout): number {
  const end = beginning(state, scroll.state) + state.page;
  const next = state.lines.findIndex(({ isChange }, row) => row >= end && isChange === true);
  return next === -1 ? state.start : Math.min(Math.max(0, next - 2), state.most);
}

const PANES: readonly PaneName[] = ['events', 'event', 'state'];

/** Moves in the part that is chosen, by a line or a page: among the events, or scrolling. */
function moved(view: View, name: string, layout: Layout): Pressed {
  const active = activePane(view, layout);
  if (name === 'tab') {
    const panes = layout.list === undefined ? PANES.slice(1) : PANES;
    return { view: { ...view, pane: panes[(panes.indexOf(active) + 1) % panes.length] ?? active } };
  }
  if (name === 'escape') return { view: { ...view, compared: undefined, sought: undefined, scroll: TOP } };
  const { page } = active === 'events' ? { page: layout.list?.page ?? 1 } : layout[active];
  const by = { up: -1, down: 1, pageup: -page, pagedown: page }[name];
  if (by === undefined) return { view };
  if (active === 'events') return { view, effect: { kind: 'go', to: { by } } };
  const pane = layout[active];
  const to = Math.min(Math.max(0, beginning(pane, view.scroll[active]) + by), pane.most);
  return { view: { ...view, scroll: { ...view.scroll, [active]: to } } };
}

function answer(before: View, prompt: Prompt, { name, text, ctrl }: Key): Pressed {
  const view: View = { ...before, message: undefined };
  if (name === 'escape') return { view: { ...view, prompt: undefined } };
  // No sequence and no time begins so: as in vi, gg is the beginning.
  if (prompt.asks === 'goto' && prompt.text === '' && text === 'g')
    return { view: { ...view, prompt: undefined }, effect: { kind: 'go', to: 'first' } };
  if (name === 'return' || name === 'enter') return submit({ ...view, prompt: undefined }, prompt);
  if (name === 'backspace') return { view: { ...view, prompt: { ...prompt, text: withoutLast(prompt.text) } } };
  if (ctrl || text === undefined || /\p{Cc}/u.test(text)) return { view };
  return { view: { ...view, prompt: { ...prompt, text: prompt.text + text } } };
}

function submit(view: View, { asks, text }: Prompt): Pressed {
  const answered = text.trim();
  if (answered === '') return { view };
  if (asks === 'search')
    return { view: { ...view, sought: answered }, effect: { kind: 'find', text: answered, isForward: true } };
  const to = placeOf(answered);
  if (to === undefined)
    return { view: { ...view, message: `${answered} is no sequence and no time, such as 41 or "yesterday 14:34"` } };
  return { view, effect: { kind: asks === 'goto' ? 'go' : 'compare', to } };
}

function placeOf(text: string): Place | undefined {
  if (text === 'last') return 'last';
  if (/^\d{1,10}$/.test(text)) return { sequence: Number(text) };
  const time = parseTimeBound(text);
  return time === undefined ? undefined : { time };
}

/** Without the last of what a reader sees as characters. */
function withoutLast(text: string): string {
  return text.slice(0, [...new Intl.Segmenter().segment(text)].at(-1)?.index ?? 0);
}
