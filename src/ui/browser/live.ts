import { LiveTable, type Waiting } from './support/live-table.js';
import { showAddress } from './support/shown-address.js';
import { eventRows, firstElement } from './support/streamed.js';

const section = document.getElementById('live');
const status = document.getElementById('live-status');
const waiting = document.getElementById('live-waiting');
const button = document.createElement('button');
const body = section?.querySelector('tbody');
const table = body == null ? undefined : new LiveTable(body, tellWaiting);
let source: EventSource | undefined;
let isPaused = section?.dataset['paused'] !== undefined;
/** The last that the stream told of itself. */
let told: Element | string = '';

function tellWaiting({ rows, orMore }: Waiting): void {
  const number = `${orMore ? 'At least ' : ''}${rows.toLocaleString('en')}`;
  if (waiting !== null)
    waiting.textContent = rows === 0 ? '' : `${number} new ${rows === 1 ? 'event waits' : 'events wait'}.`;
}

/** Shows what the stream tells of itself; while the page is paused, only what is wrong with it. */
function tell(what: Element | string): void {
  told = what;
  const isLive = told instanceof Element && told.matches('.live');
  status?.replaceChildren(isPaused && (told === '' || isLive) ? 'Paused.' : told);
}

function follow(): void {
  source = new EventSource(section?.dataset['stream'] ?? '');
  const on = (name: string, take: (html: string) => void) =>
    source?.addEventListener(name, (event) => take((event as MessageEvent<string>).data));
  on('last', (html) => table?.begin(eventRows(html)));
  on('event', (html) => table?.add(eventRows(html)));
  on('status', (html) => tell(firstElement(html) ?? ''));
  on('warning', (html) => {
    document.getElementById('live-warnings')?.append(firstElement(html) ?? '');
  });
  on('ended', (html) => {
    end();
    tell(firstElement(html) ?? '');
  });
  source.addEventListener('error', () => {
    // Gone for good, such as an address that is refused: the browser tries no more.
    if (source?.readyState === EventSource.CLOSED) void tellRefusal(source.url);
    else if (status?.querySelector('.lost') == null) tell('Maestro does not answer. Trying again until it does.');
  });
  nameButton();
}

/** Tells why the stream is refused, of which the browser itself says nothing. */
async function tellRefusal(address: string): Promise<void> {
  end();
  const answer = await fetch(address, { method: 'HEAD' }).catch(() => undefined);
  // Somebody went on meanwhile.
  if (source !== undefined) return;
  const refusal = document.createElement('span');
  refusal.className = 'live-state ended';
  if (answer?.status === 401) {
    const command = document.createElement('code');
    command.textContent = 'maestro ui';
    refusal.append('Not admitted any more. If ', command, ' was started again: open the new address that ');
    refusal.append(command.cloneNode(true), ' has printed, and then go on here.');
  } else
    refusal.append(
      answer === undefined ? 'Maestro does not answer.' : `Maestro refuses the stream (status ${answer.status}).`,
    );
  tell(refusal);
}

function end(): void {
  source?.close();
  source = undefined;
  nameButton();
}

function nameButton(): void {
  button.textContent = source === undefined || isPaused ? 'Go on' : 'Pause';
}

/** Has the address say whether the page is paused, so that a link or a reload shows the same. */
function remember(): void {
  const url = new URL(location.href);
  if (isPaused) url.searchParams.set('paused', 'yes');
  else url.searchParams.delete('paused');
  showAddress(url, 'replace');
}

button.type = 'button';
button.id = 'live-pause';
if (waiting !== null) button.setAttribute('aria-describedby', waiting.id);
button.addEventListener('click', () => {
  // A stream that has ended is not paused: it begins again.
  isPaused = source !== undefined && !isPaused;
  if (isPaused) table?.hold();
  else table?.release();
  if (source === undefined) {
    told = '';
    follow();
  }
  tell(told);
  nameButton();
  remember();
});
document.getElementById('live-refresh')?.replaceWith(button);
if (isPaused) table?.hold();
follow();
// A page that the browser keeps for "back" must not go on asking.
addEventListener('pagehide', () => source?.close());
addEventListener('pageshow', (event) => {
  if (event.persisted && source !== undefined) follow();
});
