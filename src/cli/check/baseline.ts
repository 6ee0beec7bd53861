import { InputError } from '../errors.js';
import { inputName } from '../read-input.js';
import { type Line, readLines } from '../read-lines.js';
import type { Session } from '../session.js';

/** What the state of an aggregate was when a baseline was written. */
export interface BaselineEntry {
  /** 32 hex digits. */
  readonly aggregateId: string;
  /** The name of the definition that folded it. */
  readonly aggregate: string;
  readonly sequence: number;
  /** SHA-256 of the canonical JSON of the state, in hex digits. */
  readonly state: string;
}

/** The first line of a baseline. */
export const BASELINE_HEADER = '{"format":"maestro-baseline","version":1}';

/**
 * The entries of a baseline, in the order of ids, in which a check goes through the log. Throws {@link InputError}, with the
 * line, for a file that is none.
 */
export async function* readBaseline(file: string, session: Session): AsyncGenerator<BaselineEntry> {
  let before = '';
  for await (const line of readLines(file, session)) {
    const fail = (problem: string) =>
      new InputError(`${inputName(file)}, line ${line.number}, ${problem}.`, {
        hint: 'Write a baseline with `maestro check --write-baseline`.',
      });
    if (line.number === 1) {
      if (line.text !== BASELINE_HEADER) throw fail('is not the beginning of a baseline of this version');
      continue;
    }
    const entry = parsed(line);
    if (entry === undefined) throw fail('is no entry of a baseline');
    if (entry.aggregateId <= before) throw fail('is not in the order of ids');
    before = entry.aggregateId;
    yield entry;
  }
}

function parsed({ text }: Line): BaselineEntry | undefined {
  try {
    const { aggregateId, aggregate, sequence, state } = JSON.parse(text) as Record<string, unknown>;
    if (typeof aggregateId !== 'string' || !/^[0-9a-f]{32}$/.test(aggregateId)) return undefined;
    if (typeof aggregate !== 'string' || !Number.isSafeInteger(sequence)) return undefined;
    if (typeof state !== 'string' || !/^[0-9a-f]{64}$/.test(state)) return undefined;
    return { aggregateId, aggregate, sequence: sequence as number, state };
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return undefined;
    throw error;
  }
}
