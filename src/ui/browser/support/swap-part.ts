import { replaceKeeping } from './keep-place.js';
import { type Remember, showAddress } from './shown-address.js';

const underWay = new Map<string, AbortController>();

/** Dispatched on an element that took the place of a part, for modules that listen to what is in it. */
export const SWAPPED = 'maestro:swapped';

/** Options of {@link swapPart}, for the history of the browser. */
export interface SwapOptions {
  /** Make the address that of the page with this part, so that back, forward and links work. @defaultValue the address stays */
  readonly remember?: Remember | undefined;
}

/**
 * Fetches one part of a page and puts it in the place of the element that has its name as id. A later call for the same part ends an
 * earlier one that is still under way; true for the one that has swapped. What goes wrong on the server stands in the part; when
 * the server does not answer at all, the browser goes to the page itself and tells that.
 */
export async function swapPart(part: string, url: URL, { remember }: SwapOptions = {}): Promise<boolean> {
  underWay.get(part)?.abort();
  const controller = new AbortController();
  underWay.set(part, controller);
  document.getElementById(part)?.setAttribute('aria-busy', 'true');
  const address = new URL(url);
  address.searchParams.set('part', part);
  try {
    const response = await fetch(address, { signal: controller.signal, headers: { accept: 'text/html' } });
    const html = await response.text();
    if (controller.signal.aborted) return false;
    const swapped = new DOMParser().parseFromString(html, 'text/html').getElementById(part);
    const old = document.getElementById(part);
    if (swapped === null || old === null) throw new Error(`the answer has no part ${part}`);
    replaceKeeping(old, swapped);
    if (remember !== undefined) showAddress(url, remember);
    swapped.dispatchEvent(new CustomEvent(SWAPPED, { bubbles: true, detail: { part } }));
    return true;
  } catch (error) {
    if (controller.signal.aborted) return false;
    if (remember !== undefined) location.assign(url);
    else document.getElementById(part)?.removeAttribute('aria-busy');
    console.warn(error);
    return false;
  } finally {
    if (underWay.get(part) === controller) underWay.delete(part);
  }
}
