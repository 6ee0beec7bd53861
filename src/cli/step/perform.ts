import type { Timeline } from './timeline.js';
import { type Effect, type Place, TOP, type View } from './view.js';

/** The view after what a key asked for has been done. */
export async function perform(effect: Effect, view: View, timeline: Timeline): Promise<View> {
  switch (effect.kind) {
    case 'go': {
      const sequence = await sequenceOf(effect.to, view.frame.sequence, timeline);
      if (sequence !== undefined) return await shown(sequence, view, timeline);
      return { ...view, message: effect.to === 'next' ? 'This is the last event.' : 'This is the beginning.' };
    }
    case 'find': {
      const sequence = await timeline.find(effect.text, view.frame.sequence, effect.isForward);
      if (sequence !== undefined) return await shown(sequence, view, timeline);
      const where = effect.isForward ? 'after' : 'before';
      return { ...view, message: `No event ${where} this one has a type with "${effect.text}".` };
    }
    case 'compare': {
      const sequence = (await sequenceOf(effect.to, view.frame.sequence, timeline)) ?? 0;
      const { state, ...other } = await timeline.at(sequence);
      const compared = { sequence: other.sequence, state };
      return { ...view, compared, message: notThere(sequence, other.sequence), scroll: TOP };
    }
    default:
      return view;
  }
}

/** The view of the last event that is not beyond a sequence. */
export async function shown(sequence: number, view: View, timeline: Timeline): Promise<View> {
  const frame = await timeline.at(sequence);
  const last = Math.max(view.last, frame.sequence);
  return { ...view, frame, last, message: notThere(sequence, frame.sequence), scroll: TOP };
}

function notThere(asked: number, found: number): string | undefined {
  return asked === found ? undefined : `There is no event ${asked}; ${found} is the last one before it.`;
}

async function sequenceOf(place: Place, current: number, timeline: Timeline): Promise<number | undefined> {
  if (place === 'next') return await timeline.next(current);
  if (place === 'previous') return await timeline.previous(current);
  if (place === 'first') return 0;
  if (place === 'last') return await timeline.last();
  return 'sequence' in place ? place.sequence : await timeline.sequenceAt(place.time);
}
