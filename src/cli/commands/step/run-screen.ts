import type { CliContext, RawTerminal } from '../../context.js';
import type { Style } from '../../render/style.js';
import { Canvas } from './canvas.js';
import { type Layout, layOut } from './layout.js';
import { runEffect, shown } from './run-effect.js';
import { screenLines, type Subject } from './screen.js';
import type { Timeline } from '../../../folding/timeline.js';
import type { Interruption } from '../../../folding/interruptible.js';
import { KeyQueue } from './key-queue.js';
import { handleKey } from './handle-key.js';
import { UNSCROLLED, type View } from './view.js';

/** Milliseconds after which long work shows its progress. */
const PATIENCE = 300;

/** Shows a history on the screen and handles keys until one of them ends it. */
export async function runScreen(
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
      const { view: pressed, effect } = handleKey(view, key, layoutNow(view));
      view = pressed;
      if (effect?.kind === 'quit') return;
      if (effect !== undefined) {
        let looked = 0;
        const tell = () => draw({ ...view, message: readingText(looked) });
        const timer = setInterval(tell, PATIENCE);
        const work = (interruption: Interruption) => runEffect(effect, view, timeline, interruption);
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

function readingText(events: number): string {
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
    scroll: UNSCROLLED,
    isRendered: false,
    message: undefined,
    prompt: undefined,
    searched: undefined,
    isHelp: false,
  };
  return await shown(first, view, timeline);
}

/** Caches the layout, because laying out a large state takes a while and most keys do not change it. */
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
