import { type RememberedCommand, rememberedCommands } from '../../../../admin/remembered-commands/list-commands.js';
import { assertAggregate } from '../../../fold/assert-aggregate.js';
import type { IdArgument } from '../../../input/id-argument.js';
import { resolveAggregateId } from '../../../input/resolve-id.js';
import { printRows } from '../../../output/print-rows.js';
import { escapeText } from '../../../../text/escape.js';
import { localTime } from '../../../render/local-time.js';
import { withDatabase } from '../../../database/with-database.js';
import type { Invocation } from '../../../invocation.js';

/** Lists the command ids of one aggregate. */
export async function run(argument: IdArgument, _options: object, invocation: Invocation): Promise<void> {
  const { output } = invocation;
  await withDatabase(invocation, async (database) => {
    const id = await resolveAggregateId(invocation, database, argument);
    await printRows<RememberedCommand>(rememberedCommands(database, id), output, {
      id: ({ commandId }) => escapeText(commandId),
      json: ({ aggregateId, commandId, firstSequence, lastSequence, time }) => ({
        aggregateId: aggregateId.hex,
        commandId,
        events: lastSequence - firstSequence + 1,
        firstSequence,
        lastSequence,
        time: new Date(time).toISOString(),
      }),
      columns: [
        { heading: 'EVENTS', value: sequencesText, align: 'right' },
        { heading: 'TIME', value: ({ time }) => localTime(time), paint: (text) => output.style.faint(text) },
        { heading: 'COMMAND ID', value: ({ commandId }) => commandId, least: 12, wraps: true },
      ],
      whenNone: async () => {
        await assertAggregate(database, id);
        await output.note('no command id of this aggregate is remembered');
      },
    });
  });
}

/** The sequences of a command's events, such as `3` or `3-5`. */
function sequencesText({ firstSequence, lastSequence }: RememberedCommand): string {
  if (lastSequence < firstSequence) return 'none';
  return firstSequence === lastSequence ? String(firstSequence) : `${firstSequence}-${lastSequence}`;
}
