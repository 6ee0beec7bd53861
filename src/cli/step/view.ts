import type { Timestamp } from '../../hlc/timestamp.js';
import type { Key } from '../context.js';
import { parseTimeBound } from '../time-bound.js';
import { beginning, type Layout } from './layout.js';
import type { Frame } from './timeline.js';

/** What is on the screen. */
export interface View {
  readonly frame: Frame;
  /** The last sequence that is known. */
  readonly last: number;
  /** The point that others are compared with. */
  readonly mark: number | undefined;
  /** The state at the point that is compared with; absent while the event's own changes are shown. */
  readonly compared: { readonly sequence: number; readonly state: string } | undefined;
  /** Which half the arrow keys scroll. */
  readonly pane: 'event' | 'state';
  /** The line that each half was scrolled to; absent: where the first change is. */
  readonly scroll: { readonly event?: number; readonly state?: number };
  /** Said once, until the next key. */
  readonly message: string | undefined;
  readonly prompt: Prompt | undefined;
  /** The last text that was looked for among types. */
  readonly sought: string | undefined;
  readonly isHelp: boolean;
}

/** A question that is being answered. */
export interface Prompt {
  readonly asks: 'goto' | 'search' | 'compare';
  readonly text: string;
}

/** A place to go to. */
export type Place =
  'next' | 'previous' | 'first' | 'last' | { readonly sequence: number } | { readonly time: Timestamp };

/** What a key asks for beyond the screen. */
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
  n: 'next',
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

/** What a key does. */
export function press(before: View, key: Key, layout: Layout): Pressed {
  if (before.prompt !== undefined) return answer(before, before.prompt, key);
  const view: View = { ...before, message: undefined };
  if (view.isHelp) return { view: { ...view, isHelp: false } };
  if (key.ctrl) return key.name === 'd' ? { view, effect: { kind: 'quit' } } : { view };
  const place = key.text === 'G' ? 'last' : PLACES[key.name];
  if (place !== undefined) return { view, effect: { kind: 'go', to: place } };
  switch (key.text) {
    case 'q':
      return { view, effect: { kind: 'quit' } };
    case 'g':
      return { view: { ...view, prompt: { asks: 'goto', text: '' } } };
    case '/':
      return { view: { ...view, prompt: { asks: 'search', text: '' } } };
    case '.':
    case ',':
      if (view.sought === undefined) return { view: { ...view, message: 'Nothing was looked for yet: press /' } };
      return { view, effect: { kind: 'find', text: view.sought, isForward: key.text === '.' } };
    case 'm':
      return { view: { ...view, mark: view.frame.sequence, message: `Marked ${view.frame.sequence}: d compares` } };
    case 'd':
      return compare(view);
    case 'c':
      return { view: { ...view, scroll: { ...view.scroll, state: nextChange(view, layout) } } };
    case '?':
      return { view: { ...view, isHelp: true } };
    default:
      return { view: scrolled(view, key.name, layout) };
  }
}

function compare(view: View): Pressed {
  if (view.compared !== undefined) return { view: { ...view, compared: undefined, scroll: TOP } };
  if (view.mark === undefined) return { view: { ...view, prompt: { asks: 'compare', text: '' } } };
  return { view, effect: { kind: 'compare', to: { sequence: view.mark } } };
}

/** What both halves are scrolled to when another event is shown: nothing. */
export const TOP: View['scroll'] = {};

/** Where the state is scrolled to for the next change below what is seen of it; after the last, for the first. */
function nextChange({ scroll }: View, { state, page }: Layout): number {
  const end = beginning(state, scroll.state) + page;
  const next = state.lines.findIndex(({ isChange }, row) => row >= end && isChange === true);
  return next === -1 ? state.start : Math.min(next - 2, state.most);
}

function scrolled(view: View, name: string, layout: Layout): View {
  if (name === 'tab') return { ...view, pane: view.pane === 'event' ? 'state' : 'event' };
  if (name === 'escape') return { ...view, compared: undefined, scroll: TOP };
  const by = { up: -1, down: 1, pageup: -layout.page, pagedown: layout.page }[name];
  if (by === undefined) return view;
  const pane = layout[view.pane];
  const to = Math.min(Math.max(0, beginning(pane, view.scroll[view.pane]) + by), pane.most);
  return { ...view, scroll: { ...view.scroll, [view.pane]: to } };
}

function answer(before: View, prompt: Prompt, { name, text, ctrl }: Key): Pressed {
  const view: View = { ...before, message: undefined };
  if (name === 'escape') return { view: { ...view, prompt: undefined } };
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
