import { UsageError } from '../../errors.js';
import { withFolding } from '../../fold/with-folding.js';
import { type IdArgument, idText } from '../../input/id-argument.js';
import type { Session } from '../../session.js';
import { Timeline } from './timeline.js';
import { walk } from './walk.js';

export interface StepOptions {
  readonly from?: number;
  readonly aggregate?: string;
}

/** Walks through a history in the terminal. */
export async function run(id: IdArgument, { from = 1, aggregate }: StepOptions, session: Session): Promise<void> {
  const { context, output, options } = session;
  if (!context.stdin.isTerminal || !context.stdout.isTerminal || !options.input)
    throw new UsageError('maestro step needs a terminal to show things in and to read keys from.', {
      hint: `See \`maestro replay ${idText(id)} --steps\` for the same as text.`,
    });
  if (output.format !== 'table')
    throw new UsageError('maestro step is for people; it has no JSON.', {
      hint: `See \`maestro replay ${idText(id)} --steps -o json\`.`,
    });
  await withFolding(session, id, aggregate, async (history) => {
    output.progress.stop();
    const terminal = context.openTerminal();
    if (terminal === undefined) throw new UsageError('The terminal cannot be taken over.');
    const subject = { id: history.id.hex, aggregate: history.folding.aggregate };
    try {
      await walk(new Timeline(history), subject, from, terminal, context, output.style);
    } finally {
      terminal.close();
    }
  });
}
