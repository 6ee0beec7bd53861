import { type Timestamp } from '../../hlc/timestamp.js';
import { readPages } from '../../store/read/read-pages.js';
import { type EventLog, tablesOf } from '../log/event-log.js';
import { select } from '../log/select.js';
import { assertAllCommands } from './commands-table.js';

/** A command that was carried out under an id of its sender, who gets the same answer for sending it again. */
export interface RememberedCommand {
  readonly aggregateId: Timestamp;
  /** The `commandId` of `evaluate`. */
  readonly commandId: string;
  /** The sequence of its first event. */
  readonly firstSequence: number;
  /** The sequence of its last event; of a command without events that of the event before it. */
  readonly lastSequence: number;
  /** The time of the database at which it was carried out, in milliseconds since 1970. */
  readonly time: number;
}

/** Rows in one page: each page sorts all rows of the aggregate. */
const PAGE = 10_000;

type Row = [commandId: string, firstSequence: number, lastSequence: number, time: string];

/**
 * The commands of one aggregate that were carried out under an id, in the order of its history, in bounded memory. Throws
 * `NotMigratedError` where there is no table of them yet.
 */
export async function* rememberedCommands(log: EventLog, aggregateId: Timestamp): AsyncGenerator<RememberedCommand> {
  const { commands } = tablesOf(log);
  await assertAllCommands(log);
  const page = (after: Row | undefined, size: number) => {
    const [commandId, first] = after ?? [];
    const where = after === undefined ? '' : 'AND (first_sequence, command_id) > (?::integer, ?::text)';
    const sql = `SELECT command_id, first_sequence, last_sequence, floor(extract(epoch FROM committed_at) * 1000)::bigint::text
FROM ${commands} WHERE aggregate_id = ? ${where} ORDER BY first_sequence, command_id LIMIT ?`;
    return select<Row>(log, sql, [
      aggregateId.encode(),
      ...(first === undefined || commandId === undefined ? [] : [first, commandId]),
      size,
    ]);
  };
  for await (const rows of readPages(page, { size: PAGE }))
    for (const [commandId, firstSequence, lastSequence, time] of rows)
      yield { aggregateId, commandId, firstSequence, lastSequence, time: Number(time) };
}
