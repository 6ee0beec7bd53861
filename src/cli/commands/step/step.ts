import type { Command } from 'commander';
import { sequenceOrZero } from '../../input/arguments.js';
import type { CliContext } from '../../context.js';
import { UsageError } from '../../errors.js';
import { createSession, type Session } from '../../session.js';
import { withFolding } from '../../fold/with-folding.js';
import { type IdArgument, idOrPrefix, idText } from '../../input/id-argument.js';

interface StepOptions {
  readonly from?: number;
  readonly aggregate?: string;
}

/** Declares `maestro step`. */
export function registerStep(program: Command, context: CliContext): void {
  program
    .command('step')
    .summary('walk through the history of one aggregate, event by event')
    .description(
      'Walk through the history of one aggregate in the terminal: the event and the state after it, what changed ' +
        'highlighted, and in a wide terminal the list of events. Handlers that fail are shown and stepped over. Press ? for ' +
        'the keys.',
    )
    .argument('<id>', 'the aggregate', idOrPrefix)
    .option('--from <sequence>', 'begin with this event (default: 1)', sequenceOrZero)
    .option('--aggregate <name>', 'fold with the handlers of this aggregate of the configuration file')
    .addHelpText(
      'after',
      `
Examples:
  $ maestro step 01a2077042bc0000deadbeefcafef00d
  $ maestro step 01a2077042bc0000deadbeefcafef00d --from 41 --aggregate bank-account`,
    )
    .action((id: IdArgument, options: StepOptions, command: Command) =>
      step(id, options, createSession(context, command)),
    );
}

async function step(id: IdArgument, { from = 1, aggregate }: StepOptions, session: Session): Promise<void> {
  const { context, output, options } = session;
  if (!context.stdin.isTerminal || !context.stdout.isTerminal || !options.input)
    throw new UsageError('maestro step needs a terminal to show things in and to read keys from.', {
      hint: `See \`maestro replay ${idText(id)} --steps\` for the same as text.`,
    });
  if (output.format !== 'table')
    throw new UsageError('maestro step is for people; it has no JSON.', {
      hint: `See \`maestro replay ${idText(id)} --steps -o json\`.`,
    });
  const [{ Timeline }, { walk }] = await Promise.all([import('./timeline.js'), import('./walk.js')]);
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
