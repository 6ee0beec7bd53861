import { each, map } from './iterate.js';
import type { Output } from './output.js';
import { type RowReport, printRows } from './print-rows.js';
import { decimal } from '../render/figures.js';

/** What a check found, in every form it can be asked for. */
export interface FindingsReport<Finding> extends RowReport<Finding> {
  /** What findings are called, such as `wrong snapshots`; in JSON, `wrongSnapshots`. */
  readonly name: string;
  /** How much was checked, once all is; for JSON. */
  readonly checked: () => object;
  /** The same in words, such as `12 events`. */
  readonly checkedText: () => string;
  /** More members for the JSON document, once all is checked. */
  readonly more?: () => object;
}

/** Prints findings as they come and then what was checked; resolves to whether there was any. */
export async function printFindings<Finding>(
  findings: AsyncIterable<Finding>,
  output: Output,
  { name, checked, checkedText, more, ...report }: FindingsReport<Finding>,
): Promise<boolean> {
  let found = 0;
  const counted = each(findings, () => (found += 1));
  if (output.format === 'json' && !output.quiet) {
    const key = name.replace(/ (\w)/g, (_, letter: string) => letter.toUpperCase());
    await output.jsonObject(key, map(counted, report.json), () => ({ checked: checked(), ...more?.() }));
    return found > 0;
  }
  await printRows(counted, output, report);
  const count = found === 0 ? 'no' : decimal(found);
  const summary = `checked ${checkedText()}: ${count} ${found < 2 ? name.replace(/s$/, '') : name}`;
  const { good, bad } = output.style;
  if (output.format === 'table' && !output.quiet) await output.sentence(summary, found === 0 ? good : bad);
  else await output.note(summary);
  return found > 0;
}
