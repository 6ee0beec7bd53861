import { swapPart } from './swap-part.js';

/** Loads the parts of a page that take a while, once the page itself is shown. */
export function loadParts(): void {
  for (const element of document.querySelectorAll<HTMLElement>('[data-load]'))
    void swapPart(element.dataset['load'] ?? '', new URL(location.href), { push: false });
}
