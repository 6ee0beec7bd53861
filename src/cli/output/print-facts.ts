import { escapeJson } from '../../text/escape.js';
import { factTable } from '../render/fact-table.js';
import type { Output } from './output.js';

/** A result about one thing, in every form it can be asked for. */
export interface FactReport {
  /** The ids that `--quiet` prints, each in a line. */
  readonly ids: readonly string[];
  /** The object that `-o json|ndjson` prints in one line. */
  readonly json: object;
  /** Names and values for a table. */
  readonly facts: readonly (readonly [name: string, value: string])[];
  /** JSON that a table shows below the facts. */
  readonly below?: string;
}

/** Prints a result in the form that was asked for. */
export async function printFacts(output: Output, { ids, json, facts, below }: FactReport): Promise<void> {
  await output.inForm({
    ids: () => output.lines(ids, String),
    json: () => output.json(json),
    table: async () => {
      await output.line(factTable(facts, output.style, output.columns));
      if (below !== undefined) await output.line(escapeJson(below));
    },
  });
}
