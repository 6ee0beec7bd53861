import { isTyping } from './find-box.js';

/** Has the key `?`, and the word _Keys_ at the foot, show the keys of the page in a window over it, and hide them again. */
export function enableKeysWindow(): void {
  const details = document.querySelector<HTMLDetailsElement>('#keys');
  const summary = details?.querySelector('summary');
  if (details == null || summary == null) return;
  let made: HTMLDialogElement | undefined;
  const toggle = () => {
    made ??= windowOf(details);
    if (made.open) made.close();
    else made.showModal();
  };
  summary.addEventListener('click', (event) => {
    event.preventDefault();
    toggle();
  });
  document.addEventListener('keydown', (event) => {
    if (event.key !== '?' || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    event.preventDefault();
    toggle();
  });
}

/** True while the keys are shown, which take all keys. */
export function areKeysShown(): boolean {
  return document.querySelector('#keys-window[open]') !== null;
}

function windowOf(details: HTMLDetailsElement): HTMLDialogElement {
  const shown = document.createElement('dialog');
  shown.id = 'keys-window';
  const heading = document.createElement('h2');
  heading.id = 'keys-heading';
  heading.textContent = 'Keys';
  shown.setAttribute('aria-labelledby', heading.id);
  const close = document.createElement('button');
  close.type = 'button';
  close.textContent = 'Close';
  close.addEventListener('click', () => shown.close());
  // Beside what is in the window there is only the window itself, as far as it is seen around them.
  shown.addEventListener('click', (event) => {
    if (event.target === shown) shown.close();
  });
  const content = document.createElement('div');
  const head = document.createElement('header');
  head.append(heading, close);
  content.append(head, ...[...details.querySelectorAll('dl')].map((list) => list.cloneNode(true)));
  shown.append(content);
  document.body.append(shown);
  return shown;
}
