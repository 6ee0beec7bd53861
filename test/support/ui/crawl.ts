import type { Visitor } from './browser.js';

/** A page that was met, and what is wrong with it. */
export interface MetPage {
  readonly path: string;
  readonly status: number;
  /** Elements and attributes that no page has unless stored text made them. */
  readonly strange: readonly string[];
  /** The text that a reader sees. */
  readonly text: string;
}

/** Counts elements that could run or load something, apart from the modules and the style of the pages. */
const STRANGE = `[
  ...[...document.querySelectorAll('script:not([src^="/"]), style, iframe, object, embed, base, meta[http-equiv], math')],
  ...[...document.querySelectorAll('*')].filter((element) => [...element.attributes].some(({ name, value }) =>
    /^on|^style$|^srcdoc$/i.test(name) || (/^(?:href|src|action|formaction)$/i.test(name) && !/^(?:[/?#](?!\\/)|data:,$|$)/.test(value)))),
].map((element) => element.outerHTML.slice(0, 200))`;

/**
 * Follows the links of pages from some addresses on, at most `each` times for addresses that differ by what they name only. Answers
 * all pages that were met.
 */
export async function crawl(visitor: Visitor, from: readonly string[], each: number): Promise<MetPage[]> {
  const met: MetPage[] = [];
  const seen = new Map<string, number>();
  const known = new Set<string>();
  const open = [...from];
  for (let path = open.shift(); path !== undefined; path = open.shift()) {
    if (known.has(path)) continue;
    known.add(path);
    const shape = shapeOf(path);
    const count = (seen.get(shape) ?? 0) + 1;
    seen.set(shape, count);
    if (count > each && !from.includes(path)) continue;
    const status = await visitor.open(path);
    await visitor.settled();
    const { page } = visitor;
    const [strange, text, links] = await page.evaluate<[string[], string, string[]]>(
      `[${STRANGE}, document.body.innerText, [...document.querySelectorAll('a[href]')].map((link) => link.getAttribute('href'))]`,
    );
    met.push({ path, status, strange, text });
    for (const link of links.map((href) => new URL(href, page.url())))
      // A part is no page; the whole of a body is a file.
      if (link.origin === visitor.origin && !link.searchParams.has('part')) open.push(link.pathname + link.search);
  }
  return met;
}

/** The part that an address has in common with others: its screen, and the names of what its question says. */
function shapeOf(path: string): string {
  const { pathname, searchParams } = new URL(path, 'http://localhost');
  const [, screen = '', ...rest] = pathname.split('/');
  return `/${screen}/${rest.length}?${[...new Set(searchParams.keys())].sort().join('&')}`;
}
