import type { Change } from '../../json/diff.js';
import { printJson } from '../../json/print.js';
import type { Style } from './style.js';

const SIGNS = { add: '+', remove: '-', replace: '~' } as const;

/** A change as people read it: `+ /owner "Ada"`, `~ /balance 5 → 7`, `- /closed true`. Not escaped. */
export function changeText(change: Change): string {
  const path = change.path === '' ? '(the whole state)' : change.path;
  const before = 'before' in change ? [printJson(change.before)] : [];
  const after = 'value' in change ? [printJson(change.value)] : [];
  return `${SIGNS[change.op]} ${path} ${[...before, ...after].join(' → ')}`;
}

/** How the text of a change is painted. */
export function changePaint({ op }: Change, style: Style): (text: string) => string {
  if (op === 'replace') return style.changed;
  return op === 'add' ? style.good : style.removed;
}
