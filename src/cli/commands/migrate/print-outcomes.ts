import { escapeText } from '../../render/escape.js';
import { factTable } from '../../render/fact-table.js';
import type { Session } from '../../session.js';

/** Prints the steps that a migration took, by what became of them; `nothing` says that there were none. */
export async function printOutcomes(
  session: Session,
  report: Record<string, readonly string[]>,
  nothing: string,
): Promise<void> {
  const { output } = session;
  const steps = Object.entries(report).flatMap(([outcome, names]) => names.map((name) => [name, outcome] as const));
  if (output.format !== 'table') return await output.json(JSON.stringify(report));
  if (output.quiet) for (const [name] of steps) await output.line(escapeText(name));
  else if (steps.length === 0) await output.line(nothing);
  else {
    const words: Record<string, string> = { rolledBack: 'rolled back', adopted: 'adopted, unchanged' };
    await output.line(
      factTable(
        steps.map(([name, outcome]) => [name, words[outcome] ?? outcome]),
        output.style,
      ),
    );
  }
}
