import { MAX_SEQUENCE } from '../../../events.js';
import type { BaselineEntry } from '../../../folding/check/baseline-entry.js';
import { InputError } from '../../errors.js';
import { inputName } from '../../input/read-input.js';
import { type Line, readLines } from '../../input/read-lines.js';
import type { Invocation } from '../../invocation.js';

/** The first line of a baseline. */
export const BASELINE_HEADER = '{"format":"maestro-baseline","version":1}';

/** The last line of a baseline: the number of its aggregates, by which a truncated file is noticed. */
export function baselineFooter(aggregates: number): string {
  return `{"aggregates":${aggregates}}`;
}

/**
 * The entries of a baseline, in the order of ids, as a check reads the log. Throws {@link InputError}, with the line, for a
 * file that is not a baseline, and for one that is incomplete.
 */
export async function* readBaseline(file: string, invocation: Invocation): AsyncGenerator<BaselineEntry> {
  const fail = (number: number, problem: string) =>
    new InputError(`${inputName(file)}, line ${number}, ${problem}.`, {
      hint: 'Write a baseline with `maestro check --write-baseline`.',
    });
  let [lines, entries, before, isWhole] = [0, 0, '', false];
  for await (const line of readLines(file, invocation)) {
    lines = line.number;
    if (lines === 1) {
      if (line.text !== BASELINE_HEADER) throw fail(1, 'is not the beginning of a baseline of this version');
      continue;
    }
    if (isWhole) throw fail(lines, 'comes after the end of the baseline');
    if (line.text === baselineFooter(entries)) {
      isWhole = true;
      continue;
    }
    const entry = parsed(line);
    if (entry === undefined) throw fail(lines, 'is not an entry of a baseline');
    if (entry.aggregateId <= before) throw fail(lines, 'is not in the order of ids');
    before = entry.aggregateId;
    entries += 1;
    yield entry;
  }
  if (!isWhole) throw fail(lines + 1, 'is missing: a baseline ends with the number of its aggregates');
}

function parsed({ text }: Line): BaselineEntry | undefined {
  try {
    const { aggregateId, aggregate, sequence, state } = JSON.parse(text) as Record<string, unknown>;
    if (typeof aggregateId !== 'string' || !/^[0-9a-f]{32}$/.test(aggregateId)) return undefined;
    if (typeof aggregate !== 'string' || !isSequence(sequence)) return undefined;
    if (typeof state !== 'string' || !/^[0-9a-f]{64}$/.test(state)) return undefined;
    return { aggregateId, aggregate, sequence, state };
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return undefined;
    throw error;
  }
}

function isSequence(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 1 && (value as number) <= MAX_SEQUENCE;
}
