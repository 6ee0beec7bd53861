import { focusBox, handleKeys } from './support/aggregate-keys.js';
import { followPoint } from './support/follow-point.js';
import { Latest } from './support/latest.js';
import { Player } from './support/player.js';
import { showRendered, toggleRendered } from './support/rendered.js';
import { sayPoint } from './support/say-point.js';
import { SWAPPED, swapPart } from './support/swap-part.js';

/** Parameters that the point of a history has. Where others differ, an address is another page. */
const OF_A_POINT = ['at', 'time', 'pin', 'fold', 'lines'];

const slider = document.querySelector<HTMLInputElement>('#slider');
/** Milliseconds that a point is looked at before going on makes it a place to go back to. */
const PAUSE = 2000;
/** Time at which the page came to the point of its address by a step; a point that a drag only passes is none. */
let cameAt = -Infinity;
/** The point that is wanted: while one is fetched, only the latest of the others waits. */
const latest = new Latest<{ readonly url: URL; readonly isPassing: boolean }>(async ({ url, isPassing }) => {
  if (isPassing) return void (await swapPart('moment', url));
  // One place for all steps that follow each other, so that Back leads to where they began.
  await swapPart('moment', url, { remember: performance.now() - cameAt > PAUSE ? 'push' : 'replace' });
  cameAt = performance.now();
  if (!player.isPlaying) sayPoint();
});

/** Goes to the address of a step, such as `next`. */
function follow(step: string): boolean {
  const link = document.querySelector<HTMLAnchorElement>(`[data-step="${step}"] a`);
  link?.click();
  return link !== null;
}

/** The point with which the state is compared now. */
function pinned(): string | undefined {
  return new URLSearchParams(document.getElementById('moment')?.dataset['point']).get('pin') ?? undefined;
}

/** The point that was pinned last. */
let mark = pinned();

/** Ends comparing, or compares with the point that was pinned last; where none was, with one that is asked for. */
function compare(): void {
  if (pinned() !== undefined) return void follow('unpin');
  if (mark === undefined) return focusBox('pin-box');
  const url = new URL(location.href);
  url.searchParams.delete('to');
  url.searchParams.set('pin', mark);
  latest.want({ url, isPassing: false });
}

/** The address of the point of the slider. */
function pointOf(input: HTMLInputElement): URL {
  const url = new URL(location.href);
  for (const name of ['at', 'time', 'pin', 'fold', 'to']) url.searchParams.delete(name);
  const pin = pinned();
  if (pin !== undefined) url.searchParams.set('pin', pin);
  url.searchParams.set(input.name, input.value);
  return url;
}

/** True for an address that differs from this page's in the point of the history alone. */
function isPoint(url: URL): boolean {
  const here = new URL(location.href);
  // A search that has found nothing is not made again by going on.
  here.searchParams.delete('to');
  const rest = ({ origin, pathname, searchParams }: URL) => {
    const parameters = new URLSearchParams(searchParams);
    for (const name of OF_A_POINT) parameters.delete(name);
    return `${origin}${pathname}?${parameters.toString()}`;
  };
  return url.hash === '' && rest(url) === rest(here);
}

/** Has the slider, and the forms that begin at the shown point, agree with it. */
function agree(): void {
  const moment = document.getElementById('moment');
  const { max, value, text, point } = moment?.dataset ?? {};
  if (slider === null || value === undefined || max === undefined) return;
  slider.max = max;
  if (!isDragged) slider.value = value;
  slider.setAttribute('aria-valuetext', text ?? value);
  followPoint(new URLSearchParams(point));
}

let isDragged = false;
const player = new Player(document.querySelector<HTMLButtonElement>('#play'), {
  next: () => follow('next'),
  first: () => follow('first'),
  stopped: sayPoint,
});

if (slider !== null) {
  for (const button of document.querySelectorAll<HTMLElement>('[data-plain]')) button.hidden = true;
  slider.addEventListener('input', () => {
    isDragged = true;
    player.stop();
    latest.want({ url: pointOf(slider), isPassing: true });
  });
  // Let go where it was taken, it tells no change.
  for (const name of ['pointerup', 'pointercancel'])
    addEventListener(name, () => {
      isDragged = false;
    });
  slider.addEventListener('change', () => {
    isDragged = false;
    latest.want({ url: pointOf(slider), isPassing: false });
  });
}

document.addEventListener('click', (event) => {
  if (event.defaultPrevented || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey)
    return;
  const link = event.target instanceof Element ? event.target.closest<HTMLAnchorElement>('#aggregate a') : null;
  if (link === null) return;
  const url = new URL(link.href);
  if (!isPoint(url)) return;
  event.preventDefault();
  latest.want({ url, isPassing: false });
});
document.addEventListener(SWAPPED, () => {
  agree();
  showRendered();
  mark = pinned() ?? mark;
  player.arrived();
});
handleKeys(follow, { play: () => player.toggle(), compare, toggleRendered });
agree();
