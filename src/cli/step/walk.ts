import ansi from 'ansi-escapes';
import type { CliContext, RawTerminal } from '../context.js';
import type { Style } from '../render/style.js';
import { pageRows, screenLines, type Subject } from './screen.js';
import type { Timeline } from './timeline.js';
import { type Effect, type Place, press, TOP, type View } from './view.js';

/** Shows a history and does what the keys say, until one ends it; tells whether that was Ctrl-C. */
export async function walk(
  timeline: Timeline,
  subject: Subject,
  first: number,
  terminal: RawTerminal,
  { stdout, onExit }: CliContext,
  style: Style,
): Promise<'quit' | 'interrupted'> {
  const write = (text: string) => void stdout.write(text);
  let isOpen = true;
  const leave = () => {
    if (isOpen) write(ansi.cursorShow + ansi.exitAlternativeScreen);
    isOpen = false;
    terminal.close();
  };
  const keep = onExit(leave);
  let view: View = {
    frame: await timeline.at(first),
    last: await timeline.last(),
    mark: undefined,
    compared: undefined,
    pane: 'state',
    scroll: TOP,
    message: undefined,
    prompt: undefined,
    sought: undefined,
    isHelp: false,
  };
  const draw = () => {
    const lines = screenLines(view, subject, terminal, style).map((line) => line + ansi.eraseEndLine);
    write(ansi.cursorTo(0, 0) + lines.join('\r\n'));
  };
  try {
    write(ansi.enterAlternativeScreen + ansi.cursorHide + ansi.clearScreen);
    draw();
    terminal.onResize(() => {
      write(ansi.clearScreen);
      draw();
    });
    for await (const key of terminal.keys) {
      const pressed = press(view, key, pageRows(terminal));
      ({ view } = pressed);
      if (pressed.effect?.kind === 'quit') return 'quit';
      if (pressed.effect?.kind === 'interrupt') return 'interrupted';
      if (pressed.effect !== undefined) view = await perform(pressed.effect, view, timeline);
      draw();
    }
    return 'quit';
  } finally {
    leave();
    keep();
  }
}

/** The view after what a key asked for has been done. */
async function perform(effect: Effect, view: View, timeline: Timeline): Promise<View> {
  switch (effect.kind) {
    case 'go': {
      const sequence = await sequenceOf(effect.to, view.frame.sequence, timeline);
      if (sequence === undefined)
        return { ...view, message: effect.to === 'next' ? 'This is the last event.' : 'This is the beginning.' };
      return await shown(sequence, view, timeline);
    }
    case 'find': {
      const sequence = await timeline.find(effect.text, view.frame.sequence, effect.isForward);
      if (sequence !== undefined) return await shown(sequence, view, timeline);
      const where = effect.isForward ? 'after' : 'before';
      return { ...view, message: `No event ${where} this one has a type with "${effect.text}".` };
    }
    case 'compare': {
      const sequence = await sequenceOf(effect.to, view.frame.sequence, timeline);
      const other = await timeline.at(sequence ?? 0);
      return { ...view, compared: { sequence: other.sequence, state: other.state }, scroll: TOP };
    }
    default:
      return view;
  }
}

async function shown(sequence: number, view: View, timeline: Timeline): Promise<View> {
  const frame = await timeline.at(sequence);
  const last = Math.max(view.last, frame.sequence);
  const message =
    frame.sequence === sequence ? view.message : `There is no event ${sequence}; this is the last one before it.`;
  return { ...view, frame, last, message, scroll: TOP };
}

async function sequenceOf(place: Place, current: number, timeline: Timeline): Promise<number | undefined> {
  if (place === 'next') return await timeline.next(current);
  if (place === 'previous') return await timeline.previous(current);
  if (place === 'first') return 0;
  if (place === 'last') return await timeline.last();
  return 'sequence' in place ? place.sequence : await timeline.sequenceAt(place.time);
}
