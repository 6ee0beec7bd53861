import type { TestFn, ExecutionContext } from 'ava';
import { type Browser, type BrowserContextOptions, chromium as driver, type Page } from 'playwright-core';
import { chromium, CHROMIUM_FLAGS } from '../../../scripts/support/chromium.js';
import { servePages } from '../../../scripts/support/serve-pages.js';
import type { UiHandler } from '../../../src/ui/handler.js';

/** Somebody who looks at the pages with a browser of their own: nothing is kept of earlier visits. */
export interface Visitor {
  readonly page: Page;
  /** The address of the server, without a slash at its end. */
  readonly origin: string;
  /** Whatever a page must not do: run what is stored, break its policy, fail in the console. */
  readonly problems: readonly string[];
  /** Opens a page of the server, and answers its status. */
  open(path: string): Promise<number>;
  /** Waits until the parts that are loaded later are there. */
  settled(): Promise<void>;
}

/** A real browser for one test file, and the pages that it looks at. */
export interface BrowserTests {
  /** Declares a test that needs the browser; without one it counts as skipped, and `npm test` says so. */
  test(title: string, implementation: (t: ExecutionContext, visit: Visit) => Promise<void>): void;
}

/** Begins a visit of pages, or of the server with an address. The test that has begun it ends it. */
export type Visit = (pages: UiHandler | URL, options?: BrowserContextOptions) => Promise<Visitor>;

/** Has a test file look at pages with Chromium, which is started for its first test and ended with its last. */
export function useBrowser(test: TestFn<unknown>): BrowserTests {
  const file = chromium();
  if (file === undefined) return { test: (title) => test.skip(title, () => {}) };
  let browser: Promise<Browser> | undefined;
  const start = () => driver.launch({ executablePath: file, args: [...CHROMIUM_FLAGS], chromiumSandbox: false });
  test.after.always(async () => (await browser)?.close());
  return {
    // One after another, so that a page is not slow because of others.
    test: (title, implementation) =>
      test.serial(title, async (t) => {
        browser ??= start();
        const running = await browser;
        await implementation(t, async (pages, options) => {
          if (pages instanceof URL) return visitorOf(t, running, pages.origin, options);
          const served = await servePages(pages);
          t.teardown(() => served.close());
          return visitorOf(t, running, served.origin, options);
        });
      }),
  };
}

/** Told by pages in which stored text was executed. */
export const EXECUTED = 'executed: stored text';

async function visitorOf(
  t: ExecutionContext,
  browser: Browser,
  origin: string,
  options: BrowserContextOptions = {},
): Promise<Visitor> {
  const context = await browser.newContext(options);
  t.teardown(() => context.close());
  const page = await context.newPage();
  const problems: string[] = [];
  const tell = (what: string) => void problems.push(`${page.url().slice(origin.length)}: ${what}`);
  await context.addInitScript(`
    addEventListener('securitypolicyviolation', (event) =>
      console.error('policy: ' + event.violatedDirective + ' ' + event.blockedURI + ' ' + event.sample));
    globalThis.executed = () => console.error(${JSON.stringify(EXECUTED)});
  `);
  page.on('dialog', (dialog) => {
    tell(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('popup', (popup) => tell(`popup: ${popup.url()}`));
  page.on('pageerror', (error) => tell(`error: ${error.message}`));
  page.on('console', (message) => {
    // That a page has a status of its own is no error of the page.
    const isStatus = message.text().startsWith('Failed to load resource') && message.location().url === page.url();
    if (['error', 'warning'].includes(message.type()) && !isStatus)
      tell(`console: ${message.text()} ${message.location().url}`);
  });
  page.on('request', (request) => {
    if (!request.url().startsWith(`${origin}/`) && !request.url().startsWith('data:'))
      tell(`request to ${request.url()}`);
  });
  return {
    page,
    origin,
    problems,
    open: async (path) => (await page.goto(origin + path, { waitUntil: 'load' }))?.status() ?? 0,
    settled: () => page.locator('[data-load], [aria-busy="true"]').first().waitFor({ state: 'detached' }),
  };
}
