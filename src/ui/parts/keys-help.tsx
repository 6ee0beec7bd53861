/** Keys of a page, each with what it does. */
export type Keys = readonly (readonly [keys: string, does: string])[];

/** The keys of pages that have no others. */
export const COMMON_KEYS: Keys = [
  ['/', 'go to the box at the top, which finds everything'],
  ['Esc', 'leave a box'],
  ['?', 'show these keys, or hide them'],
];

/** The keys of pages with bars over which a time can be drawn, which take them while they have the focus. */
export const BRUSH_KEYS: Keys = [
  ['← → PgUp PgDn', 'over the bars with the focus: choose one'],
  ['Shift ← →', 'over the bars: choose several'],
  ['Enter', 'over the bars: search the time that was chosen'],
  ...COMMON_KEYS,
];

/** The keys of the page, folded at its foot; by script in a window of their own, over the page. */
export function KeysHelp({ keys }: { readonly keys: Keys }) {
  return (
    <details id="keys">
      <summary>Keys</summary>
      <dl class="facts">
        {keys.map(([names, does]) => (
          <>
            <dt>
              <kbd>{names}</kbd>
            </dt>
            <dd>{does}</dd>
          </>
        ))}
      </dl>
    </details>
  );
}
