import { counted } from '../render/figures.js';

/** Sequences that are missing between events that were seen. */
export interface Gaps {
  /** The number of events that were seen. */
  seen: number;
  /** The number of places at which events are missing. */
  count: number;
  /** The first one of a list forwards, the last one backwards: nothing is there between these two. */
  first: readonly [after: number, next: number] | undefined;
  /** The lowest and the highest sequence that were seen; absent when none was. */
  lowest: number | undefined;
  highest: number | undefined;
}

/** Nothing was seen yet. */
export function noGaps(): Gaps {
  return { seen: 0, count: 0, first: undefined, lowest: undefined, highest: undefined };
}

/** Hands the events of one aggregate on, forwards or backwards, and takes down where some are missing between them. */
export async function* notingGaps<Item extends { readonly sequence: number }>(
  events: AsyncIterable<Item>,
  gaps: Gaps,
): AsyncGenerator<Item> {
  let previous: number | undefined;
  for await (const event of events) {
    const { sequence } = event;
    const [low, high] = [Math.min(previous ?? sequence, sequence), Math.max(previous ?? sequence, sequence)];
    if (high > low + 1) noteGap(gaps, low, high);
    gaps.lowest = Math.min(gaps.lowest ?? low, low);
    gaps.highest = Math.max(gaps.highest ?? high, high);
    gaps.seen += 1;
    previous = sequence;
    yield event;
  }
}

/** Takes down that nothing is there between two sequences. */
export function noteGap(gaps: Gaps, after: number, next: number): void {
  gaps.count += 1;
  gaps.first ??= [after, next];
}

/** A sentence for people; `undefined` when nothing is missing. */
export function gapsText({ count, first }: Gaps): string | undefined {
  if (first === undefined) return undefined;
  const more = count > 1 ? `, and in ${counted(count - 1, 'further place')}` : '';
  const [after, next] = first;
  const what = next === after + 2 ? `Event ${after + 1} is` : `Events ${after + 1} to ${next - 1} are`;
  return `${what} missing${more}; see \`maestro verify\`.`;
}
