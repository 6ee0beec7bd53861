import { focusBox, handleKeys } from './support/aggregate-keys.js';
import { followPoint } from './support/follow-point.js';
import { bringBack, showAboveChanges, showInLists } from './support/keep-in-view.js';
import { Latest } from './support/latest.js';
import { Player } from './support/player.js';
import { showRendered, toggleRendered } from './support/rendered.js';
import { sayPoint } from './support/say-point.js';
import { showAddress } from './support/shown-address.js';
import { SWAPPED, swapPart } from './support/swap-part.js';

/** Parameters that the point of a history has. Where others differ, an address is another page. */
const OF_A_POINT = ['at', 'time', 'pin', 'fold', 'lines'];

const slider = document.querySelector<HTMLInputElement>('#slider');
/** Milliseconds that a point is looked at before going on makes it a place to go back to. */
const PAUSE = 2000;
/** Time at which the page came to the point of its address by a step; a point that a drag only passes is none. */
let cameAt = -Infinity;
/** A point that is wanted. */
interface Wish {
  readonly url: URL;
  /** True while a drag only passes it. */
  readonly isPassing?: boolean;
  /** True where the slider is in the hand, which stays where it is. */
  readonly isBySlider?: boolean;
}

/** The point that is wanted: while one is fetched, only the latest of the others waits. */
const latest = new Latest<Wish>(async ({ url, isPassing, isBySlider }) => {
  if (isPassing === true) return void (await swapPart('moment', url));
  // One place for all steps that follow each other, so that Back leads to where they began.
  await swapPart('moment', url, { remember: performance.now() - cameAt > PAUSE ? 'push' : 'replace' });
  cameAt = performance.now();
  if (isBySlider !== true) bringBack();
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
  latest.want({ url });
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

/** Has the address name the point that is compared with, where it names one that is not there. */
function agreePin(): void {
  const url = new URL(location.href);
  const [asked, found] = [url.searchParams.get('pin'), pinned()];
  if (asked === null || found === undefined || asked === found) return;
  url.searchParams.set('pin', found);
  showAddress(url, 'replace');
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
    latest.want({ url: pointOf(slider), isPassing: true, isBySlider: true });
  });
  // Let go where it was taken, it tells no change.
  for (const name of ['pointerup', 'pointercancel'])
    addEventListener(name, () => {
      isDragged = false;
    });
  slider.addEventListener('change', () => {
    isDragged = false;
    latest.want({ url: pointOf(slider), isBySlider: true });
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
  latest.want({ url });
});
document.addEventListener(SWAPPED, () => {
  agree();
  showInLists();
  showRendered();
  mark = pinned() ?? mark;
  player.arrived();
});
handleKeys(follow, { play: () => player.toggle(), compare, toggleRendered });
agree();
agreePin();
showInLists();
// Once the browser has gone to the place that the address names.
addEventListener('load', () => requestAnimationFrame(showAboveChanges));
