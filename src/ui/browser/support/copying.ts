import { SWAPPED } from './swap-part.js';

/** Shows the buttons that copy, which do nothing without script, and has them copy their text. */
export function enableCopying(): void {
  show();
  document.addEventListener(SWAPPED, show);
  document.addEventListener('click', (event) => {
    const button = event.target instanceof Element ? event.target.closest<HTMLElement>('[data-copy]') : null;
    if (button !== null) void copy(button);
  });
}

function show(): void {
  for (const button of document.querySelectorAll<HTMLElement>('button[data-copy]')) button.hidden = false;
}

async function copy(button: HTMLElement): Promise<void> {
  await navigator.clipboard.writeText(button.dataset['copy'] ?? '');
  const before = button.textContent;
  button.textContent = 'Copied';
  setTimeout(() => (button.textContent = before), 1500);
}
