import { objectText } from '../../json/text/object-text.js';
import { decimal } from '../../text/figures.js';
import { type Items, map, tap } from './iterate.js';
import type { Output } from './output.js';
import { type RowReport, printRows } from './print-rows.js';

/** The findings of a check, for every form of output. */
export interface FindingsReport<Finding> extends RowReport<Finding> {
  /** The name of the findings in the plural, such as `wrong snapshots`; in JSON, `wrongSnapshots`. */
  readonly name: string;
  /** Numbers of what was checked, for JSON; called at the end. */
  readonly checked: () => object;
  /** The same in words, such as `12 events`. */
  readonly checkedText: () => string;
  /** Further members for the JSON document; called at the end. */
  readonly more?: () => object;
}

/** Prints findings as they come, then what was checked; resolves to true when there was a finding. */
export async function printFindings<Finding>(
  findings: Items<Finding>,
  output: Output,
  { name, checked, checkedText, more, ...report }: FindingsReport<Finding>,
): Promise<boolean> {
  let found = 0;
  const counted = tap(findings, () => (found += 1));
  const rows = () => printRows(counted, output, report);
  const summary = () => {
    const count = found === 0 ? 'no' : decimal(found);
    return `checked ${checkedText()}: ${count} ${found < 2 ? name.replace(/s$/, '') : name}`;
  };
  await output.inForm({
    ids: rows,
    table: async () => {
      await rows();
      await output.sentence(summary(), found === 0 ? output.style.good : output.style.bad);
    },
    json: async () => {
      const key = name.replace(/ (\w)/g, (_, letter: string) => letter.toUpperCase());
      const items = map(counted, (finding) => objectText(report.json(finding)));
      await output.jsonObject(key, items, () => ({ checked: checked(), ...more?.() }));
    },
    ndjson: async () => {
      await rows();
      await output.note(summary());
    },
  });
  return found > 0;
}
