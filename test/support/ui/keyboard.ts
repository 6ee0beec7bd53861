import type { Locator, Page } from 'playwright-core';

/** Most presses with which somebody should reach a control. */
const MOST_PRESSES = 60;

/** Presses the tabulator, or another key, until an element has the focus. */
export async function tabTo(page: Page, target: Locator, key: 'Tab' | 'Shift+Tab' = 'Tab'): Promise<void> {
  const focused = target.and(page.locator(':focus'));
  for (let presses = 0; presses < MOST_PRESSES; presses += 1) {
    await page.keyboard.press(key);
    if ((await focused.count()) > 0) return;
  }
  throw new Error(`${String(target)} was not reached with ${MOST_PRESSES} presses of ${key}`);
}

/** Marks every control that can be seen, apart from the marks of pictures, which have a list beside them. */
const MARK = `for (const control of document.querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex]:not([tabindex="-1"])'))
  if (control.checkVisibility() && control.type !== 'hidden' && !control.disabled && control.closest('svg') === null)
    control.setAttribute('data-unreached', '')`;
/** Takes the mark from what has the focus; answers what nobody could see to have it, and how many are still marked. */
const REACH = `(() => {
  const focused = document.activeElement;
  focused.removeAttribute('data-unreached');
  const { outlineStyle, outlineWidth } = getComputedStyle(focused);
  const isSeen = focused === document.body || (outlineStyle !== 'none' && parseFloat(outlineWidth) > 0);
  return [
    isSeen ? '' : 'not seen to have the focus: ' + focused.outerHTML.slice(0, 120),
    document.querySelectorAll('[data-unreached]').length,
  ];
})()`;
/** More controls than any page has. */
const MOST_CONTROLS = 500;
const UNREACHED = `[...document.querySelectorAll('[data-unreached]')].map((control) => 'not reached: ' + control.outerHTML.slice(0, 120))`;

/** Goes through a page with the tabulator; answers what it does not reach, and what does not show that it has the focus. */
export async function keyboardFaults(page: Page): Promise<string[]> {
  await page.evaluate(MARK);
  const faults = new Set<string>();
  for (let presses = 0, left = Infinity; left > 0 && presses < MOST_CONTROLS; presses += 1) {
    await page.keyboard.press('Tab');
    const [fault, unreached] = await page.evaluate<[string, number]>(REACH);
    if (fault !== '') faults.add(fault);
    left = unreached;
  }
  return [...faults, ...(await page.evaluate<string[]>(UNREACHED))];
}
