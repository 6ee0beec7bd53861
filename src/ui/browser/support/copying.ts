import { SWAPPED } from './swap-part.js';

/** Time for which a button says what it has done, in milliseconds. */
const SAID_FOR = 1500;

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
  if (await isCopied(button.dataset['copy'] ?? '')) say(button, 'Copied');
  else {
    // What is selected, the reader can copy.
    const text = button.previousElementSibling;
    if (text !== null) getSelection()?.selectAllChildren(text);
    say(button, 'Selected');
  }
}

/** False where a browser has no clipboard for pages: when they come over the network without encryption. */
async function isCopied(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

function say(button: HTMLElement, words: string): void {
  const own = (button.dataset['own'] ??= button.textContent ?? '');
  button.textContent = words;
  setTimeout(() => (button.textContent = own), SAID_FOR);
}
