import type { Timestamp } from '../../../hlc/timestamp.js';
import type { Key } from '../../context.js';
import { parseTimeBound } from '../../../text/time/time-bound.js';
import { helpLines, helpRows } from './help.js';
import { activePane, beginning, type Layout } from './layout.js';
import { type PaneName, type Prompt, UNSCROLLED, type View } from './view.js';

/** The point of the history to go to. */
export type Destination =
  | 'next'
  | 'previous'
  | 'first'
  | 'last'
  | { readonly sequence: number }
  | { readonly time: Timestamp }
  /** A number of events further, or back if negative. */
  | { readonly by: number };

/** An action after a key that reads the history, or ends the program. */
export type Effect =
  | { readonly kind: 'go'; readonly to: Destination }
  | { readonly kind: 'find'; readonly text: string; readonly isForward: boolean }
  | { readonly kind: 'compare'; readonly to: Destination }
  | { readonly kind: 'quit' };

/** The view after a key, and the effect to run. */
export interface KeyResult {
  readonly view: View;
  readonly effect?: Effect;
}

const DESTINATIONS: Readonly<Record<string, Destination>> = {
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

/** Applies a key to a view. Reads nothing: that is left to the effect. */
export function handleKey(before: View, key: Key, layout: Layout): KeyResult {
  if (before.prompt !== undefined) return answer(before, before.prompt, key);
  const view: View = { ...before, message: undefined };
  if (view.isHelp) return { view: helped(view, layout) };
  if (key.ctrl) return key.name === 'd' ? { view, effect: { kind: 'quit' } } : { view };
  const destination = destinationFor(view, key);
  if (destination !== undefined) return { view, effect: { kind: 'go', to: destination } };
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
      if (view.searched === undefined)
        return { view: { ...view, message: 'There is no search to repeat yet: press / to search.' } };
      return { view, effect: { kind: 'find', text: view.searched, isForward: key.text === 'n' || key.text === '.' } };
    case 'r':
      return { view: toggled(view) };
    case 'j':
      return moved(view, 'down', layout);
    case 'k':
      return moved(view, 'up', layout);
    case 'm':
      return {
        view: {
          ...view,
          mark: view.frame.sequence,
          message: `Event ${view.frame.sequence} is marked; press d elsewhere to compare with it.`,
        },
      };
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

/** The view with the next page of the help, or without the help after the last page. */
function helped(view: View, { size }: Layout): View {
  const helpFrom = (view.helpFrom ?? 0) + helpRows(size.rows);
  return helpFrom < helpLines(size.columns).length ? { ...view, helpFrom } : { ...view, isHelp: false, helpFrom: 0 };
}

/** The destination of a key. Before the first search n is the next event, as p is the previous one. */
function destinationFor({ searched }: View, { name, text }: Key): Destination | undefined {
  if (text === 'G') return 'last';
  if (text === 'n' && searched === undefined) return 'next';
  return text === undefined || text.toLowerCase() === text ? DESTINATIONS[name] : undefined;
}

function toggled(view: View): View {
  if (view.frame.rendered === undefined)
    return { ...view, message: 'The definition of this aggregate has no `render`, or no definition is configured.' };
  return { ...view, isRendered: !view.isRendered, scroll: UNSCROLLED };
}

function compare(view: View): KeyResult {
  if (view.compared !== undefined) return { view: { ...view, compared: undefined, scroll: UNSCROLLED } };
  if (view.mark === undefined) return { view: { ...view, prompt: { asks: 'compare', text: '' } } };
  return { view, effect: { kind: 'compare', to: { sequence: view.mark } } };
}

/** The line to scroll the state to, for the next change below the visible lines; after the last change, for the first. */
function nextChange({ scroll }: View, { state }: Layout): number {
  const end = beginning(state, scroll.state) + state.page;
  const next = state.lines.findIndex(({ isChange }, row) => row >= end && isChange === true);
  return next === -1 ? state.start : Math.min(Math.max(0, next - 2), state.most);
}

const PANES: readonly PaneName[] = ['events', 'event', 'state'];

/** Moves in the active part by a line or a page: to other events in the list, by scrolling elsewhere. */
function moved(view: View, name: string, layout: Layout): KeyResult {
  const active = activePane(view, layout);
  if (name === 'tab') {
    const panes = layout.list === undefined ? PANES.slice(1) : PANES;
    return { view: { ...view, pane: panes[(panes.indexOf(active) + 1) % panes.length] ?? active } };
  }
  if (name === 'escape') return { view: { ...view, compared: undefined, searched: undefined, scroll: UNSCROLLED } };
  const { page } = active === 'events' ? { page: layout.list?.page ?? 1 } : layout[active];
  const by = { up: -1, down: 1, pageup: -page, pagedown: page }[name];
  if (by === undefined) return { view };
  if (active === 'events') return { view, effect: { kind: 'go', to: { by } } };
  const pane = layout[active];
  const to = Math.min(Math.max(0, beginning(pane, view.scroll[active]) + by), pane.most);
  return { view: { ...view, scroll: { ...view.scroll, [active]: to } } };
}

function answer(before: View, prompt: Prompt, { name, text, ctrl }: Key): KeyResult {
  const view: View = { ...before, message: undefined };
  if (name === 'escape') return { view: { ...view, prompt: undefined } };
  // No sequence and no time begins with g: as in vi, gg goes to the beginning.
  if (prompt.asks === 'goto' && prompt.text === '' && text === 'g')
    return { view: { ...view, prompt: undefined }, effect: { kind: 'go', to: 'first' } };
  if (name === 'return' || name === 'enter') return submit({ ...view, prompt: undefined }, prompt);
  if (name === 'backspace') return { view: { ...view, prompt: { ...prompt, text: withoutLast(prompt.text) } } };
  if (ctrl || text === undefined || /\p{Cc}/u.test(text)) return { view };
  return { view: { ...view, prompt: { ...prompt, text: prompt.text + text } } };
}

function submit(view: View, { asks, text }: Prompt): KeyResult {
  const answered = text.trim();
  if (answered === '') return { view };
  if (asks === 'search')
    return { view: { ...view, searched: answered }, effect: { kind: 'find', text: answered, isForward: true } };
  const to = parseDestination(answered);
  if (to === undefined)
    return {
      view: {
        ...view,
        message: `${answered} is not a sequence or a time. Write 41 or "yesterday 14:34", for example.`,
      },
    };
  return { view, effect: { kind: asks === 'goto' ? 'go' : 'compare', to } };
}

function parseDestination(text: string): Destination | undefined {
  if (text === 'last') return 'last';
  if (/^\d{1,10}$/.test(text)) return { sequence: Number(text) };
  const time = parseTimeBound(text);
  return time === undefined ? undefined : { time };
}

/** The text without its last character, as a reader sees characters (grapheme clusters). */
function withoutLast(text: string): string {
  return text.slice(0, [...new Intl.Segmenter().segment(text)].at(-1)?.index ?? 0);
}
