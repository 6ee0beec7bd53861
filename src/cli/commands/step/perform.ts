import type { Attention } from './attended.js';
import type { Effect, Place } from './press.js';
import type { Timeline } from './timeline.js';
import { TOP, type View } from './view.js';

/** The events that a list needs on either side of the one that is shown: as many as a terminal may have rows. */
const AROUND = 100;

/** The view after what a key asked for has been done. Throws the reason of a signal that stops it. */
export async function perform(
  effect: Effect,
  view: View,
  timeline: Timeline,
  attention: Attention = {},
): Promise<View> {
  switch (effect.kind) {
    case 'go': {
      const sequence = await sequenceOf(effect.to, view, timeline, attention);
      if (sequence !== undefined) return await shown(sequence, view, timeline, attention);
      const isForward =
        effect.to === 'next' || (typeof effect.to === 'object' && 'by' in effect.to && effect.to.by > 0);
      return { ...view, message: isForward ? 'This is the last event.' : 'This is the beginning.' };
    }
    case 'find': {
      const { text, isForward } = effect;
      const from = view.frame.sequence;
      const found = await timeline.find({ text, from, isForward }, attention);
      if (found === undefined) return { ...view, message: `No event has "${text}" in its type or body.` };
      if (found.sequence === from) return { ...view, message: `No other event has "${text}" in its type or body.` };
      const at = await shown(found.sequence, view, timeline, attention);
      if (!found.isWrapped) return at;
      const where = isForward
        ? 'the last event, so it went on from the first'
        : 'the first event, so it went on from the last';
      return { ...at, message: `The search came to ${where}.` };
    }
    case 'compare': {
      const sequence = (await sequenceOf(effect.to, view, timeline, attention)) ?? 0;
      const { state, rendered, ...other } = await timeline.at(sequence, attention);
      const compared = { sequence: other.sequence, state, rendered };
      return { ...view, compared, message: notThere(sequence, other.sequence), scroll: TOP };
    }
    default:
      return view;
  }
}

/** The view of the last event that is not beyond a sequence. */
export async function shown(
  sequence: number,
  view: View,
  timeline: Timeline,
  attention: Attention = {},
): Promise<View> {
  const frame = await timeline.at(sequence, attention);
  const heads = await timeline.around(frame.sequence, AROUND);
  const last = Math.max(view.last, frame.sequence, heads.at(-1)?.sequence ?? 0);
  return { ...view, frame, heads, last, message: notThere(sequence, frame.sequence), scroll: TOP };
}

function notThere(asked: number, found: number): string | undefined {
  return asked === found ? undefined : `There is no event ${asked}; ${found} is the last one before it.`;
}

async function sequenceOf(
  place: Place,
  { frame: { sequence: current }, heads }: View,
  timeline: Timeline,
  attention: Attention,
): Promise<number | undefined> {
  if (place === 'next') return await timeline.next(current);
  if (place === 'previous') return await timeline.previous(current);
  if (place === 'first') return 0;
  if (place === 'last') return await timeline.last();
  if ('by' in place) return await further(place.by, current, heads, timeline);
  return 'sequence' in place ? place.sequence : await timeline.sequenceAt(place.time, attention);
}

/** So many events further or back, as far as there are any; nothing when there is none. */
async function further(
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
