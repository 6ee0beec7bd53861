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

/** Faults of the page that is shown, in light and in dark; it is left in dark. */
export async function readingFaults(page: Page): Promise<string[]> {
  await page.emulateMedia({ colorScheme: 'light' });
  const inLight = await axeViolations(page);
  await page.emulateMedia({ colorScheme: 'dark' });
  return [...inLight, ...(await axeViolations(page, ['color-contrast'])).map((fault) => `dark: ${fault}`)];
}
