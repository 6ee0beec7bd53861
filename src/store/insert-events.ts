import type { StoredEvent } from '../events.js';
import { sameJson } from '../json/same.js';
import type { CommitContext } from './commit-context.js';
import { isUniqueViolation } from './database-errors.js';
import { WriteMismatchError } from './errors.js';
import { type EventRow, type Executor, execute, insertBinding, query, storedEvent } from './rows.js';
import type { EncodedEvent } from './validate.js';

/** The insert met a unique index of the log; whether it was a sequence or a timestamp is still to be found out. */
export class TakenError extends Error {}

/**
 * Inserts events in one statement. Throws {@link TakenError} when a unique index refuses them, and
 * {@link WriteMismatchError} when fewer rows were written than sent, as a rule or trigger on the table can cause; with
 * `verifyWrites` also when a row came back different from what was sent.
 */
export async function insertEvents(
  on: Executor,
  { statements, verifyWrites }: CommitContext,
  events: readonly EncodedEvent[],
): Promise<void> {
  const binding = [insertBinding(events)];
  try {
    if (verifyWrites) {
      const rows = await query<EventRow>(on, statements.insertEventsReturning, binding);
      assertWritten(events, rows.length);
      assertSame(events, rows.map(storedEvent));
    } else {
      assertWritten(events, await execute(on, statements.insertEvents, binding));
    }
  } catch (error) {
    if (isUniqueViolation(error)) throw new TakenError('taken', { cause: error });
    throw error;
  }
}

function assertWritten(events: readonly EncodedEvent[], written: number): void {
  if (written !== events.length)
    throw new WriteMismatchError(`PostgreSQL stored ${written} of ${events.length} events.`, {
      hint: 'Look for a trigger, rule or policy on event_log that drops rows.',
    });
}

function assertSame(sent: readonly EncodedEvent[], stored: readonly StoredEvent[]): void {
  const byTimestamp = new Map(stored.map((event) => [event.timestamp.hex, event]));
  for (const { event, json } of sent) {
    const back = byTimestamp.get(event.timestamp.hex);
    const same =
      back?.aggregateId.equals(event.aggregateId) &&
      back.sequence === event.sequence &&
      back.type === event.type &&
      sameJson(json, back.body);
    if (!same)
      throw new WriteMismatchError(
        `The event ${event.timestamp.toString()} came back different from what was sent; nothing was committed.`,
        { hint: 'Look for a trigger or rule on event_log that changes rows; if there is none, please report this.' },
      );
  }
}
