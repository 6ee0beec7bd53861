import { type Change, patchOperations } from '../../json/compare/diff.js';
import { RawJson } from '../../json/text/object-text.js';
import { printJson } from '../../json/print.js';
import type { Output } from '../output/output.js';
import { changeLines, changePaint } from '../render/changes.js';
import { counted } from '../../text/figures.js';

/** Number of changes shown in a table. */
const SHOWN = 10;

/** The changes as a JSON Patch (RFC 6902), which does not contain the old values. */
export function patchJson(changes: readonly Change[]): RawJson {
  return new RawJson(printJson(patchOperations(changes)));
}

/** Prints the changes of the last state as `diff` does; of many changes the first, and a count. */
export async function printStateChanges(changes: readonly Change[], output: Output): Promise<void> {
  if (output.form !== 'table') return;
  await output.line('');
  if (changes.length === 0) return await output.line('The last state does not change.');
  await output.line('The last state changes:');
  for (const change of changes.slice(0, SHOWN))
    await output.line(changeLines(change, output.columns).map(changePaint(change, output.style)).join('\n'));
  if (changes.length > SHOWN)
    await output.line(`and ${counted(changes.length - SHOWN, 'further change')}; -o json shows all`);
}
