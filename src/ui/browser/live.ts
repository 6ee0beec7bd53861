import { eventRows, firstElement } from './support/streamed.js';
import { SWAPPED } from './support/swap-part.js';

/** Rows that a page keeps; older ones leave it. */
const MOST_ROWS = 200;

const section = document.getElementById('live');
const body = section?.querySelector('tbody');
const status = document.getElementById('live-status');
let source: EventSource | undefined;
let waiting: Element[] = [];

/** Puts rows first that have come since the browser last drew the page; in a tab behind others it draws nothing for long. */
function show(): void {
  if (!body) return;
  body.prepend(...waiting.toReversed());
  waiting = [];
  while (body.rows.length > MOST_ROWS) body.rows[body.rows.length - 1]?.remove();
  changed();
}

function changed(): void {
  const empty = document.getElementById('live-empty');
  if (empty !== null) empty.hidden = (body?.rows.length ?? 0) > 0;
  body?.dispatchEvent(new CustomEvent(SWAPPED, { bubbles: true }));
}

function tell(html: string): void {
  const element = firstElement(html);
  if (element !== null) status?.replaceChildren(element);
}

function follow(): void {
  source = new EventSource(section?.dataset['stream'] ?? '');
  const on = (name: string, take: (html: string) => void) =>
    source?.addEventListener(name, (event) => take((event as MessageEvent<string>).data));
  on('last', (html) => {
    waiting = [];
    body?.replaceChildren(...eventRows(html));
    changed();
  });
  on('event', (html) => {
    if (waiting.length === 0) requestAnimationFrame(show);
    waiting = [...waiting, ...eventRows(html)].slice(-MOST_ROWS);
  });
  on('status', tell);
  on('warning', (html) => {
    document.getElementById('live-warnings')?.append(firstElement(html) ?? '');
  });
  on('ended', (html) => {
    pause();
    tell(html);
  });
  source.addEventListener('error', () => {
    if (status?.querySelector('.lost') == null)
      status?.replaceChildren('Maestro does not answer. Trying again until it does.');
    // Gone for good, such as an address that is refused: the browser tries no more.
    if (source?.readyState === EventSource.CLOSED) pause();
  });
  button.textContent = 'Pause';
}

function pause(): void {
  source?.close();
  source = undefined;
  button.textContent = 'Go on';
}

/** Has the address say whether the page is paused, so that a link or a reload shows the same. */
function remember(isPaused: boolean): void {
  const url = new URL(location.href);
  if (isPaused) url.searchParams.set('paused', 'yes');
  else url.searchParams.delete('paused');
  history.replaceState(history.state, '', url);
}

const button = document.createElement('button');
button.type = 'button';
button.id = 'live-pause';
button.addEventListener('click', () => {
  const isPaused = source !== undefined;
  if (isPaused) {
    pause();
    status?.replaceChildren('Paused.');
  } else follow();
  remember(isPaused);
});
document.getElementById('live-refresh')?.replaceWith(button);
if (section?.dataset['paused'] === undefined) follow();
else pause();
// A page that the browser keeps for "back" must not go on asking.
addEventListener('pagehide', () => source?.close());
addEventListener('pageshow', (event) => {
  if (event.persisted && source !== undefined) follow();
});
