import type { Change } from '../json/compare/diff.js';
import { printJson } from '../json/print.js';

/** The signs of changes: added, removed, replaced. */
export const CHANGE_SIGNS = { add: '+', remove: '-', replace: '~' } as const;

/** A change on one line: `+ /owner "Ada"`, `~ /balance 5 → 7`, `- /closed true`. Not escaped. */
export function changeText(change: Change): string {
  return `${CHANGE_SIGNS[change.op]} ${pointerText(change)} ${valueTexts(change).join(' → ')}`;
}

/** The path of a change, as a JSON Pointer. Not escaped. */
export function pointerText({ path }: Change): string {
  return path === '' ? '(the whole state)' : path;
}

/** The values before and after a change, as far as there are any. Not escaped. */
export function valueTexts(change: Change): string[] {
  return [
    ...('before' in change ? [printJson(change.before)] : []),
    ...('value' in change ? [printJson(change.value)] : []),
  ];
}
