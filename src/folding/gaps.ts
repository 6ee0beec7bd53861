import { counted } from '../text/figures.js';
import { missingText } from '../text/missing-text.js';

/** Gaps between the events of a list. */
export interface Gaps {
  /** Number of events seen. */
  seen: number;
  /** Number of gaps. */
  count: number;
  /** The first gap seen: the sequences before and after it. */
  first: readonly [after: number, next: number] | undefined;
  /** Lowest and highest sequence seen; absent before the first event. */
  lowest: number | undefined;
  highest: number | undefined;
}

/** The gaps of an empty list, to be filled in. */
export function noGaps(): Gaps {
  return { seen: 0, count: 0, first: undefined, lowest: undefined, highest: undefined };
}

/** Yields the events of one aggregate, forwards or backwards, and adds the gaps between them to `gaps`. */
export async function* recordGaps<Item extends { readonly sequence: number }>(
  events: AsyncIterable<Item>,
  gaps: Gaps,
): AsyncGenerator<Item> {
  let previous: number | undefined;
  for await (const event of events) {
    const { sequence } = event;
    const [low, high] = [Math.min(previous ?? sequence, sequence), Math.max(previous ?? sequence, sequence)];
    if (high > low + 1) addGap(gaps, low, high);
    gaps.lowest = Math.min(gaps.lowest ?? low, low);
    gaps.highest = Math.max(gaps.highest ?? high, high);
    gaps.seen += 1;
    previous = sequence;
    yield event;
  }
}

/** Adds the gap between two sequences. */
export function addGap(gaps: Gaps, after: number, next: number): void {
  gaps.count += 1;
  gaps.first ??= [after, next];
}

/** A warning about the gaps; `undefined` without any. */
export function gapsText({ count, first }: Gaps): string | undefined {
  if (first === undefined) return undefined;
  const more = count > 1 ? `, and in ${counted(count - 1, 'further place')}` : '';
  const [after, next] = first;
  const missing = missingText(after, next);
  return `${missing.charAt(0).toUpperCase()}${missing.slice(1)}${more}; see \`maestro verify\`.`;
}
