import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';

const SOURCE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Faults that axe finds in a page, each with the elements. With `rules`, only these are asked. */
export async function axeViolations(page: Page, rules?: readonly string[]): Promise<string[]> {
  await page.evaluate(`globalThis.axe === undefined && (() => { ${SOURCE} })()`);
  const options = { resultTypes: ['violations'], ...(rules !== undefined && { runOnly: rules }) };
  return page.evaluate<string[]>(
    `axe.run(document, ${JSON.stringify(options)}).then(({ violations }) => violations.flatMap(({ id, help, nodes }) =>
      nodes.map(({ html, failureSummary }) => id + ' (' + help + '): ' + html.slice(0, 200) + ' — ' + failureSummary)))`,
  );
}

/** Pixels by which a page exceeds its window. */
const OVERFLOW = 'document.documentElement.scrollWidth - document.documentElement.clientWidth';

/** Faults of the page that is shown: those that axe finds in light and in dark, and widths at which it scrolls sideways. */
export async function readingFaults(page: Page): Promise<string[]> {
  await page.emulateMedia({ colorScheme: 'light' });
  const faults = await axeViolations(page);
  await page.emulateMedia({ colorScheme: 'dark' });
  for (const fault of await axeViolations(page, ['color-contrast'])) faults.push(`dark: ${fault}`);
  const size = page.viewportSize();
  for (const width of [360, 2560]) {
    await page.setViewportSize({ width, height: 800 });
    const pixels = await page.evaluate<number>(OVERFLOW);
    if (pixels > 0) faults.push(`in a window of ${width} it scrolls sideways by ${pixels}`);
  }
  if (size !== null) await page.setViewportSize(size);
  return faults;
}
