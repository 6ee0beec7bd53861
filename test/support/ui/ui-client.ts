import type { JSX } from 'hono/jsx/jsx-runtime';
import type { HtmlEscapedString } from 'hono/utils/html';
import { uiHandler, type UiHandler, type UiOptions } from '../../../src/ui/index.js';
import type { TestDatabase } from '../database.js';

/** A page as a test looks at it. */
export interface UiPage {
  readonly status: number;
  readonly headers: Headers;
  readonly html: string;
  /** The text that a reader sees, without elements, with single spaces. */
  readonly text: string;
  /** The addresses that the page links to. */
  readonly links: readonly string[];
}

/** A reader of the pages. */
export interface UiClient {
  get(path: string): Promise<UiPage>;
  request(path: string, init?: RequestInit): Promise<Response>;
}

/** The pages of a test database as a function from requests to answers. */
export function pagesOf(
  database: TestDatabase | UiOptions['database'],
  options: Omit<UiOptions, 'database'> = {},
): UiHandler {
  const whole =
    'location' in database
      ? database
      : { ...database, store: database.store(), embedded: false, location: 'postgres://localhost/test' };
  return uiHandler({ database: whole, ...options });
}

/** The pages of a test database, asked without a server. */
export function uiOf(...args: Parameters<typeof pagesOf>): UiClient {
  const handler = pagesOf(...args);
  const request = (path: string, init?: RequestInit) => handler(new Request(new URL(path, 'http://localhost'), init));
  return {
    request,
    get: async (path) => {
      const response = await request(path);
      const html = await response.text();
      return {
        status: response.status,
        headers: response.headers,
        html,
        text: textOf(html),
        links: [...html.matchAll(/ href="([^"]*)"/g)].map(([, href = '']) => decoded(href)),
      };
    },
  };
}

/** The text of an element of a page, by itself. */
export function htmlOf(element: JSX.Element): string {
  return (element as HtmlEscapedString).toString();
}

function textOf(html: string): string {
  const text = html
    .replace(/^[\s\S]*?<body/, '<body')
    .replace(/<\/?(?:span|strong|code|a|time|em)\b[^>]*>/g, '')
    .replace(/<[^>]*>/g, ' ');
  return decoded(text).replace(/\s+/g, ' ').trim();
}

function decoded(html: string): string {
  const entities: Record<string, string> = { lt: '<', gt: '>', quot: '"', '#39': "'", amp: '&' };
  return html.replace(/&(lt|gt|quot|#39|amp);/g, (whole, name: string) => entities[name] ?? whole);
}
