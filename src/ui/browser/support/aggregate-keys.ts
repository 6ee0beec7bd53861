import { isTyping } from './find-box.js';
import { areKeysShown } from './keys-window.js';

/** Follows a step of the page, such as `next`; false when it has none of this name. */
export type Follow = (step: string) => boolean;

/** The step of each key; of several the first that there is. */
const STEPS: Readonly<Record<string, readonly string[]>> = {
  ArrowRight: ['next'],
  l: ['next'],
  ' ': ['next'],
  ArrowLeft: ['previous'],
  h: ['previous'],
  p: ['previous'],
  Backspace: ['previous'],
  Home: ['first'],
  End: ['last'],
  G: ['last'],
  n: ['find-next', 'next'],
  N: ['find-previous'],
  '.': ['find-next'],
  ',': ['find-previous'],
  m: ['pin'],
  Escape: ['unpin', 'find-end'],
};

/** Actions of keys that are no steps. */
export interface KeyActions {
  readonly play: () => void;
  readonly compare: () => void;
  readonly toggleRendered: () => void;
}

/** Has the keys of `maestro step` do the same on the page. */
export function handleKeys(follow: Follow, { play, compare, toggleRendered }: KeyActions): void {
  const others: Readonly<Record<string, () => void>> = {
    g: () => focusBox('jump'),
    '/': () => focusBox('find-text'),
    c: () => toNextChange(),
    d: compare,
    j: () => moveDown(1, follow),
    k: () => moveDown(-1, follow),
    r: toggleRendered,
    s: play,
  };
  // Before the listener of all pages, to which `/` is the box that finds everything.
  addEventListener(
    'keydown',
    (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || areKeysShown()) return;
      if (isSecondG(event)) {
        event.preventDefault();
        (event.target as HTMLElement).blur();
        follow('first');
        return;
      }
      if (takesKeys(event)) return;
      if (event.target instanceof HTMLElement && event.target.closest('.timeline') !== null && moveInList(event))
        return;
      const steps = STEPS[event.key];
      const other = others[event.key];
      if (steps === undefined && other === undefined) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      if (steps === undefined) other?.();
      else steps.some((step) => follow(step));
    },
    { capture: true },
  );
}

/** True when the key belongs to what has the focus: to a box, a button, or a pane that is scrolled. */
function takesKeys({ target, key }: KeyboardEvent): boolean {
  if (!(target instanceof HTMLElement)) return false;
  const isSlider = target.id === 'slider';
  // By time, a slider goes by milliseconds; from event to event is more useful.
  if (isSlider) return !['ArrowLeft', 'ArrowRight', 'Home', 'End'].includes(key) && key.startsWith('Arrow');
  if (isTyping(target) || scrolls(target, key)) return true;
  return key === ' ' && target.closest('button, summary, a') !== null;
}

/** True when the key scrolls the pane that has the focus, because there is more of it that way. */
function scrolls(pane: HTMLElement, key: string): boolean {
  if (pane.tabIndex !== 0 || pane.matches('a, button, summary')) return false;
  if (key === 'ArrowLeft' || key === 'ArrowRight') return pane.scrollWidth > pane.clientWidth;
  return ['Home', 'End', ' '].includes(key) && pane.scrollHeight > pane.clientHeight;
}

/** True for the second key of `gg`, which comes while the box of `g` holds nothing that is typed: no sequence and no time begins with it. */
function isSecondG({ target, key }: KeyboardEvent): boolean {
  if (key !== 'g' || !(target instanceof HTMLInputElement) || target.id !== 'jump') return false;
  return target.selectionStart === 0 && target.selectionEnd === target.value.length;
}

/** Lines that j and k scroll, in pixels. */
const LINE = 20;
/** Events that page up and page down go in the list. */
const PAGE = 10;
const IN_LIST: Readonly<Record<string, number>> = { ArrowDown: 1, ArrowUp: -1, PageDown: PAGE, PageUp: -PAGE };

/** Scrolls the pane that has the focus by a line; elsewhere steps to the next event, or the one before. */
function moveDown(by: 1 | -1, follow: Follow): void {
  const pane = document.activeElement?.closest('.pane [tabindex="0"]');
  if (pane == null) follow(by > 0 ? 'next' : 'previous');
  else pane.scrollBy(0, by * LINE);
}

/** Steps in the list of events, when it has the focus and the key is one that moves in lists. */
function moveInList(event: KeyboardEvent): boolean {
  const by = IN_LIST[event.key];
  if (by === undefined) return false;
  event.preventDefault();
  const links = [...document.querySelectorAll<HTMLAnchorElement>('.timeline li a')];
  const shown = links.findIndex((link) => link.closest('[aria-current]') !== null);
  const link = links[Math.max(0, Math.min(links.length - 1, shown + by))];
  link?.focus({ preventScroll: true });
  link?.click();
  return true;
}

/** Goes to a box, as to a question. */
export function focusBox(id: string): void {
  const box = document.getElementById(id);
  if (!(box instanceof HTMLInputElement)) return;
  box.focus({ preventScroll: true });
  box.select();
  box.scrollIntoView({ block: 'nearest' });
}

/** Scrolls the state to the next change below what is seen of it, after the last one to the first. */
function toNextChange(): void {
  const state = document.querySelector('pre.state:not([hidden])');
  if (state === null) return;
  const changes = [...state.querySelectorAll('.added, .changed, .removed')];
  const bottom = state.getBoundingClientRect().bottom;
  const next = changes.find((change) => change.getBoundingClientRect().top >= bottom) ?? changes[0];
  next?.scrollIntoView({ block: 'center' });
}
