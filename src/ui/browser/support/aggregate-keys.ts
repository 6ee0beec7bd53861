import { isTyping } from './find-box.js';

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
  d: ['unpin'],
  Escape: ['unpin', 'find-end'],
};

/** Has the keys of `maestro step` do the same on the page. */
export function handleKeys(follow: Follow, play: () => void): void {
  const others: Readonly<Record<string, () => void>> = {
    g: () => focus('jump'),
    '/': () => focus('find-text'),
    c: () => toNextChange(),
    r: () => document.getElementById('rendered')?.scrollIntoView(),
    s: play,
    '?': () => document.getElementById('keys')?.toggleAttribute('open'),
  };
  // Before the listener of all pages, to which `/` is the box that finds everything.
  addEventListener(
    'keydown',
    (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || takesKeys(event)) return;
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

function focus(id: string): void {
  const box = document.getElementById(id);
  if (!(box instanceof HTMLInputElement)) return;
  box.focus();
  box.select();
}

/** Scrolls the state to the next change below what is seen of it, after the last one to the first. */
function toNextChange(): void {
  const state = document.querySelector('pre.state');
  if (state === null) return;
  const changes = [...state.querySelectorAll('.added, .changed, .removed')];
  const bottom = state.getBoundingClientRect().bottom;
  const next = changes.find((change) => change.getBoundingClientRect().top >= bottom) ?? changes[0];
  next?.scrollIntoView({ block: 'center' });
}
