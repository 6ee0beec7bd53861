import { showAddress } from './support/shown-address.js';
import { firstElement } from './support/streamed.js';
import { SWAPPED } from './support/swap-part.js';

/** The form, which a stream may replace by one that says what is wrong. */
const theForm = () => document.querySelector<HTMLFormElement>('#run-form');
const section = document.getElementById('run');
const list = section?.querySelector('ul.run');
const status = document.getElementById('run-status');
let source: EventSource | undefined;

function start(query: URLSearchParams): void {
  source?.close();
  list?.replaceChildren();
  if (section !== null) section.hidden = false;
  if (status !== null) status.textContent = 'Under way.';
  source = new EventSource(`${theForm()?.dataset['stream'] ?? ''}?${query.toString()}`);
  for (const kind of ['progress', 'finding', 'outcome'])
    source.addEventListener(kind, (event) => {
      add(kind, firstElement((event as MessageEvent<string>).data));
    });
  source.addEventListener('refused', (event) => {
    refuse(firstElement((event as MessageEvent<string>).data));
  });
  // The browser would ask again, and begin it all anew.
  source.addEventListener('error', () => {
    end('The connection broke before the end. Start it again.');
  });
}

function add(kind: string, line: Element | null): void {
  if (list == null || line === null) return;
  const progress = list.querySelector('.progress');
  if (kind === 'progress') {
    if (progress === null) list.append(line);
    else progress.replaceWith(line);
    return;
  }
  if (kind === 'outcome') {
    end('Done.');
    list.append(line);
  } else if (progress === null) list.append(line);
  else progress.before(line);
  line.dispatchEvent(new CustomEvent(SWAPPED, { bubbles: true }));
}

/** Shows the form with what is wrong beside its fields, and goes to the first of them. */
function refuse(form: Element | null): void {
  end('');
  if (section !== null) section.hidden = true;
  if (form === null) return;
  theForm()?.replaceWith(form);
  form.querySelector<HTMLInputElement>('[aria-invalid]')?.focus();
}

/** Takes back what was wrong with the form that is sent now. */
function forgetFaults(form: HTMLFormElement): void {
  for (const fault of form.querySelectorAll('.fault')) fault.remove();
  for (const field of form.querySelectorAll('[aria-invalid]')) field.removeAttribute('aria-invalid');
}

function end(text: string): void {
  source?.close();
  source = undefined;
  list?.querySelector('.progress')?.remove();
  const cancel = section?.querySelector('.cancel');
  // What is hidden has no focus: it goes back to what begins the next run.
  if (cancel?.contains(document.activeElement) === true) theForm()?.querySelector('button')?.focus();
  cancel?.toggleAttribute('hidden', true);
  if (status !== null) status.textContent = text;
}

document.addEventListener('submit', (event) => {
  const form = theForm();
  if (form === null || event.target !== form) return;
  event.preventDefault();
  forgetFaults(form);
  const query = new URLSearchParams();
  for (const [name, value] of new FormData(form)) if (typeof value === 'string') query.append(name, value);
  section?.querySelector('.cancel')?.toggleAttribute('hidden', false);
  showAddress(`?${query.toString()}`, 'push');
  start(query);
});
section?.querySelector('.cancel a')?.addEventListener('click', (event) => {
  if (source === undefined) return;
  event.preventDefault();
  end('Cancelled.');
  // Who loads the page again does not want it all the same.
  const url = new URL(location.href);
  url.searchParams.delete('run');
  showAddress(url, 'replace');
});
addEventListener('pagehide', () => {
  // The browser may keep the page for "back".
  if (source !== undefined) end('It ended when the page was left. Start it again.');
});
