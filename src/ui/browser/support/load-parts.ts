import { swapPart } from './swap-part.js';

/** Loads the parts of a page that take a while, once the page itself is shown: one after the other, because what one has read can help the next. */
export async function loadParts(): Promise<void> {
  for (const element of document.querySelectorAll<HTMLElement>('[data-load]'))
    await swapPart(element.dataset['load'] ?? '', new URL(location.href));
}
