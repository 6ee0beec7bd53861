import type { CliContext, RawTerminal } from '../../context.js';
import type { Style } from '../../render/style.js';
import { Canvas } from './canvas.js';
import { type Layout, layOut } from './layout.js';
import { perform, shown } from './perform.js';
import { screenLines, type Subject } from './screen.js';
import type { Timeline } from './timeline.js';
import type { Attention } from './attended.js';
import { KeyQueue } from './key-queue.js';
import { press } from './press.js';
import { TOP, type View } from './view.js';

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
    const keys = new KeyQueue(terminal.keys);
    for (let key = await keys.next(); key !== undefined; key = await keys.next()) {
      const { view: pressed, effect } = press(view, key, layoutNow(view));
      view = pressed;
      if (effect?.kind === 'quit') return;
      if (effect !== undefined) {
        let looked = 0;
        const tell = () => draw({ ...view, message: reading(looked) });
        const timer = setInterval(tell, PATIENCE);
        const work = (attention: Attention) => perform(effect, view, timeline, attention);
        view = await keys
          .untilEscape(work, (events) => (looked = events))
          .then((after) => after ?? { ...view, message: 'Stopped.' })
          .finally(() => clearInterval(timer));
      }
      draw(view);
    }
  } finally {
    leave();
    keep();
  }
}

function reading(events: number): string {
  const looked = events === 0 ? '' : `, ${events} events so far`;
  return `Reading the history${looked}; Esc stops this.`;
}

async function beginning(timeline: Timeline, first: number): Promise<View> {
  const view: View = {
    frame: await timeline.at(0),
    heads: [],
    last: await timeline.last(),
    mark: undefined,
    compared: undefined,
    pane: 'events',
    scroll: TOP,
    isRendered: false,
    message: undefined,
    prompt: undefined,
    sought: undefined,
    isHelp: false,
  };
  return await shown(first, view, timeline);
}

/** Laying out a large state takes a while, and most keys change nothing of it. */
function rememberedLayout(terminal: RawTerminal, style: Style): (view: View) => Layout {
  let last: { view: View; layout: Layout } | undefined;
  return (view) => {
    const { columns, rows } = terminal;
    const isSame =
      last?.view.frame === view.frame &&
      last.view.compared === view.compared &&
      last.view.isRendered === view.isRendered &&
      last.layout.size.columns === columns &&
      last.layout.size.rows === rows;
    if (last === undefined || !isSame) last = { view, layout: layOut(view, { columns, rows }, style) };
    return last.layout;
  };
}
