import type { CliContext, RawTerminal } from '../context.js';
import type { Style } from '../render/style.js';
import { Canvas } from './canvas.js';
import { type Layout, layOut } from './layout.js';
import { perform, shown } from './perform.js';
import { screenLines, type Subject } from './screen.js';
import type { Timeline } from './timeline.js';
import { press, TOP, type View } from './view.js';

/** Work that takes longer than this says that it goes on, in milliseconds. */
const PATIENCE = 300;

/** Shows a history and does what the keys say, until one of them ends it. */
export async function walk(
  timeline: Timeline,
  subject: Subject,
  first: number,
  terminal: RawTerminal,
  { stdout, onExit }: CliContext,
  style: Style,
): Promise<void> {
  let view = await beginning(timeline, first);
  const canvas = new Canvas((text) => void stdout.write(text));
  const leave = () => {
    canvas.leave();
    terminal.close();
  };
  const keep = onExit(leave);
  const layoutNow = rememberedLayout(terminal, style);
  const draw = (now: View) => canvas.draw(screenLines(now, subject, layoutNow(now), style));
  try {
    canvas.enter();
    draw(view);
    terminal.onResize(() => {
      canvas.clear();
      draw(view);
    });
    for await (const key of terminal.keys) {
      const pressed = press(view, key, layoutNow(view));
      ({ view } = pressed);
      if (pressed.effect?.kind === 'quit') return;
      if (pressed.effect !== undefined) {
        const timer = setTimeout(() => draw({ ...view, message: 'Reading the history; Ctrl-C ends this.' }), PATIENCE);
        view = await perform(pressed.effect, view, timeline).finally(() => clearTimeout(timer));
      }
      draw(view);
    }
  } finally {
    leave();
    keep();
  }
}

async function beginning(timeline: Timeline, first: number): Promise<View> {
  const view: View = {
    frame: await timeline.at(0),
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
  return await shown(first, view, timeline);
}

/** Laying out a large state takes a while, and most keys change nothing of it. */
function rememberedLayout(terminal: RawTerminal, style: Style): (view: View) => Layout {
  let last: { frame: View['frame']; compared: View['compared']; layout: Layout } | undefined;
  return ({ frame, compared }) => {
    const { columns, rows } = terminal;
    const isSame =
      last?.frame === frame &&
      last.compared === compared &&
      last.layout.size.columns === columns &&
      last.layout.size.rows === rows;
    if (last === undefined || !isSame)
      last = { frame, compared, layout: layOut({ frame, compared }, { columns, rows }, style) };
    return last.layout;
  };
}
