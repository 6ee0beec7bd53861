import { UsageError } from '../../errors.js';
import { withFolding } from '../../fold/with-folding.js';
import { type IdArgument, idText } from '../../input/id-argument.js';
import type { Invocation } from '../../invocation.js';
import { runScreen } from './run-screen.js';
import { Timeline } from '../../../folding/timeline.js';

/** The options of `maestro step`. */
export interface StepOptions {
  readonly from?: number;
  readonly aggregate?: string;
}

/** Walks through a history in the terminal. */
export async function run(id: IdArgument, { from = 1, aggregate }: StepOptions, invocation: Invocation): Promise<void> {
  const { context, output, options } = invocation;
  if (!context.stdin.isTerminal || !context.stdout.isTerminal || !options.input)
    throw new UsageError('maestro step needs a terminal for its screen and for keys.', {
      hint: `See \`maestro replay ${idText(id)} --steps\` for the same as text output.`,
    });
  if (options.output !== 'table')
    throw new UsageError('maestro step shows a screen; it has no JSON output.', {
      hint: `See \`maestro replay ${idText(id)} --steps -o json\`.`,
    });
  await withFolding(invocation, id, aggregate, async (history) => {
    output.progress.stop();
    const terminal = context.openTerminal();
    if (terminal === undefined) throw new UsageError('The terminal cannot be switched to single keys (raw mode).');
    const subject = { id: history.id.hex, aggregate: history.folding.aggregate };
    try {
      const { id, folding, database } = history;
      const timeline = new Timeline({ id, store: database.store, log: database, folding });
      await runScreen(timeline, subject, from, terminal, context, output.style);
    } finally {
      terminal.close();
    }
  });
}
