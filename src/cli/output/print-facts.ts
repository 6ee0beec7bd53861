import { factTable } from '../render/fact-table.js';
import { escapeJson } from '../render/escape.js';
import type { Output } from './output.js';

/** A result about one aggregate, in every form it can be asked for. */
export interface FactReport {
  /** What `--quiet` prints. */
  readonly id: string;
  /** What `-o json|ndjson` prints: one JSON document in a line. */
  readonly json: string;
  /** What a table shows: names and values. */
  readonly facts: readonly (readonly [name: string, value: string])[];
  /** JSON that a table shows below the facts. */
  readonly below?: string;
}

/** Prints a result in the form that was asked for. */
export async function printFacts(output: Output, { id, json, facts, below }: FactReport): Promise<void> {
  if (output.quiet) return await output.line(id);
  if (output.format !== 'table') return await output.json(json);
  await output.line(factTable(facts, output.style, output.columns));
  if (below !== undefined) await output.line(escapeJson(below));
}
