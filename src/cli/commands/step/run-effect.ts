import type { Interruption } from '../../../folding/interruptible.js';
import type { Effect, Destination } from './handle-key.js';
import type { Timeline } from '../../../folding/timeline.js';
import { UNSCROLLED, type View } from './view.js';

/** Number of events that the list needs on either side of the shown one: as many as a terminal may have rows. */
const AROUND = 100;

/** Runs the effect of a key and returns the view after it. Throws the reason of a signal that stops it. */
export async function runEffect(
  effect: Effect,
  view: View,
  timeline: Timeline,
  interruption: Interruption = {},
): Promise<View> {
  switch (effect.kind) {
    case 'go': {
      const sequence = await sequenceOf(effect.to, view, timeline);
      if (sequence !== undefined) return await shown(sequence, view, timeline, interruption);
      const isForward =
        effect.to === 'next' || (typeof effect.to === 'object' && 'by' in effect.to && effect.to.by > 0);
      return { ...view, message: isForward ? 'This is the last event.' : 'This is the beginning.' };
    }
    case 'find': {
      const { text, isForward } = effect;
      const from = view.frame.sequence;
      const found = await timeline.find({ text, from, isForward }, interruption);
      if (found === undefined) return { ...view, message: `No event contains "${text}" in its type or body.` };
      if (found.sequence === from)
        return { ...view, message: `No other event contains "${text}" in its type or body.` };
      const at = await shown(found.sequence, view, timeline, interruption);
      if (!found.isWrapped) return at;
      const where = isForward
        ? 'the last event and continued from the first'
        : 'the first event and continued from the last';
      return { ...at, message: `The search reached ${where}.` };
    }
    case 'compare': {
      const sequence = (await sequenceOf(effect.to, view, timeline)) ?? 0;
      const { state, rendered, ...other } = await timeline.at(sequence, interruption);
      const compared = { sequence: other.sequence, state, rendered };
      return { ...view, compared, message: notThere(sequence, other.sequence), scroll: UNSCROLLED };
    }
    default:
      return view;
  }
}

/** The view of the last event up to a sequence. */
export async function shown(
  sequence: number,
  view: View,
  timeline: Timeline,
  interruption: Interruption = {},
): Promise<View> {
  const frame = await timeline.at(sequence, interruption);
  const heads = await timeline.around(frame.sequence, AROUND);
  const last = Math.max(view.last, frame.sequence, heads.at(-1)?.sequence ?? 0);
  return { ...view, frame, heads, last, message: notThere(sequence, frame.sequence), scroll: UNSCROLLED };
}

function notThere(asked: number, found: number): string | undefined {
  return asked === found ? undefined : `There is no event ${asked}; ${found} is the last one before it.`;
}

async function sequenceOf(
  destination: Destination,
  { frame: { sequence: current }, heads }: View,
  timeline: Timeline,
): Promise<number | undefined> {
  if (destination === 'next') return await timeline.next(current);
  if (destination === 'previous') return await timeline.previous(current);
  if (destination === 'first') return 0;
  if (destination === 'last') return await timeline.last();
  if ('by' in destination) return await moveBy(destination.by, current, heads, timeline);
  return 'sequence' in destination ? destination.sequence : await timeline.sequenceAt(destination.time);
}

/** The sequence some events further (or back, if negative), at most at the end; `undefined` when it is there already. */
async function moveBy(
  by: number,
  current: number,
  heads: View['heads'],
  timeline: Timeline,
): Promise<number | undefined> {
  if (by === 1) return await timeline.next(current);
  if (by === -1) return await timeline.previous(current);
  const index = heads.findLastIndex(({ sequence }) => sequence <= current);
  if (by < 0) return current === 0 ? undefined : (heads[index + by]?.sequence ?? 0);
  const to = heads[Math.min(index + by, heads.length - 1)]?.sequence ?? current;
  return to > current ? to : await timeline.next(current);
}
