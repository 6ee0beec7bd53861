import { SWAPPED } from './swap-part.js';

const KEY = 'maestro-times';

/**
 * Shows times in local time, as commands do and as what is typed is read, and adds a button that shows them in UTC. What was chosen is
 * remembered. The other one is the title of each.
 */
export function showTimes(): void {
  const footer = document.querySelector('footer');
  if (footer === null) return;
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'times';
  button.addEventListener('click', () => {
    localStorage.setItem(KEY, isLocal() ? 'utc' : 'local');
    apply();
  });
  footer.prepend(button);
  const apply = () => {
    button.textContent = isLocal() ? 'Times: local' : 'Times: UTC';
    for (const time of document.querySelectorAll('time')) write(time);
    for (const title of document.querySelectorAll<SVGTitleElement>('title[data-at]')) writeTitle(title);
  };
  document.addEventListener(SWAPPED, apply);
  apply();
}

function isLocal(): boolean {
  return localStorage.getItem(KEY) !== 'utc';
}

function write(time: HTMLTimeElement): void {
  const date = new Date(time.dateTime);
  const isToSecond = time.dataset['second'] !== undefined;
  const [utc, local] = [utcText(date), localText(date)].map((text) =>
    isToSecond ? text.replace(/\.\d{3}/, '') : text,
  ) as [string, string];
  time.textContent = isLocal() ? local : utc;
  time.title = isLocal() ? utc : local;
}

/** Writes the time in the title of a bar, between the words around it. */
function writeTitle(title: SVGTitleElement): void {
  const { at = '', before = '', after = '' } = title.dataset;
  title.textContent = before + shownText(new Date(at)) + after;
}

/** A time as the page shows times now. */
export function shownText(date: Date): string {
  return isLocal() ? localText(date) : utcText(date);
}

function utcText(date: Date): string {
  return date.toISOString().replace('T', ' ');
}

/** A local time such as `2026-11-22 15:34:05.250 +01:00`. */
function localText(date: Date): string {
  const minutes = -date.getTimezoneOffset();
  const shifted = new Date(date.getTime() + minutes * 60_000).toISOString().replace('T', ' ').replace('Z', '');
  const part = (value: number) => String(Math.floor(value)).padStart(2, '0');
  return `${shifted} ${minutes < 0 ? '−' : '+'}${part(Math.abs(minutes) / 60)}:${part(Math.abs(minutes) % 60)}`;
}
