import { escapeText } from '../../../text/escape.js';
import { factTable } from '../../render/fact-table.js';
import type { Invocation } from '../../invocation.js';

/** Prints the steps of a migration with their outcomes, or `nothing` when there were none. */
export async function printOutcomes(
  invocation: Invocation,
  report: Record<string, readonly string[]>,
  nothing: string,
): Promise<void> {
  const { output } = invocation;
  const steps = Object.entries(report).flatMap(([outcome, names]) => names.map((name) => [name, outcome] as const));
  await output.inForm({
    ids: () => output.lines(steps, ([name]) => escapeText(name)),
    json: () => output.json(report),
    table: async () => {
      const words: Record<string, string> = { rolledBack: 'rolled back', adopted: 'adopted, unchanged' };
      const facts = steps.map(([name, outcome]) => [name, words[outcome] ?? outcome] as const);
      await output.line(facts.length === 0 ? nothing : factTable(facts, output.style));
    },
  });
}
