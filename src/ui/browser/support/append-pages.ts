import { SWAPPED } from './swap-part.js';

/**
 * Has the link to the next page of a part put that page below what is shown. A page that is not full is followed by the next
 * ones until that many lines are there as a page has, or the reader ends it.
 */
export function appendPages(part: string): void {
  document.addEventListener('click', (event) => {
    const link = event.target instanceof Element ? event.target.closest<HTMLAnchorElement>(`#${part} .more a`) : null;
    if (link === null || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    void append(part, link);
  });
  const link = unfinished(part);
  if (link !== null) void append(part, link);
}

/** Number of lines after which a search that finds little waits for the reader. */
const ENOUGH = 50;

async function append(part: string, first: HTMLAnchorElement): Promise<void> {
  const before = lines(part);
  const controller = new AbortController();
  for (let link: HTMLAnchorElement | null = first; link !== null;) {
    const address = new URL(link.href);
    address.searchParams.set('part', part);
    const wait = stopButton(controller);
    link.replaceWith(wait);
    let html: string;
    try {
      const response = await fetch(address, { signal: controller.signal, headers: { accept: 'text/html' } });
      html = await response.text();
    } catch {
      if (controller.signal.aborted) wait.replaceWith(link);
      else fail(part, noAnswer(link));
      return;
    }
    const next = new DOMParser().parseFromString(html, 'text/html').getElementById(part);
    if (next === null) {
      // A whole page, such as the form with what is wrong in it.
      location.assign(link.href);
      return;
    }
    if (next.matches('.error')) {
      fail(part, next);
      return;
    }
    join(part, next);
    link = lines(part) - before < ENOUGH ? unfinished(part) : null;
  }
}

/** Shows an error in the place of the link to the page that it is about. The error has a link that tries again. */
function fail(part: string, error: HTMLElement): void {
  error.removeAttribute('id');
  const more = document.createElement('div');
  more.className = 'more';
  more.append(error);
  document.querySelector(`#${part} .more`)?.replaceWith(more);
}

function noAnswer(link: HTMLAnchorElement): HTMLElement {
  const error = document.createElement('section');
  error.className = 'error';
  error.setAttribute('role', 'alert');
  link.textContent = 'Try again';
  error.append('Maestro does not answer: there may be more. ', link);
  return error;
}

function lines(part: string): number {
  return document.querySelectorAll(`#${part} tbody tr`).length;
}

function unfinished(part: string): HTMLAnchorElement | null {
  return document.querySelector(`#${part} .more[data-unfinished] a`);
}

function stopButton(controller: AbortController): HTMLButtonElement {
  const button = document.createElement('button');
  button.type = 'button';
  button.textContent = 'Searching … stop';
  button.addEventListener('click', () => controller.abort());
  return button;
}

/** Puts the lines of the next page below those that are shown, and its link in the place of the one to it. */
function join(part: string, next: HTMLElement): void {
  const shown = document.getElementById(part);
  if (shown === null) return;
  const [body, more] = [shown.querySelector('tbody'), shown.querySelector('.more')];
  const nextBody = next.querySelector('tbody');
  const nextMore = next.querySelector('.more');
  if (body === null || more === null) shown.replaceWith(next);
  else {
    body.append(...(nextBody?.children ?? []));
    if (nextMore === null && nextBody === null) more.textContent = 'These are all.';
    else if (nextMore !== null) more.replaceWith(nextMore);
  }
  document.dispatchEvent(new CustomEvent(SWAPPED, { detail: { part } }));
}
