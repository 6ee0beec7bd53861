import type { Database } from '../../../connection/database.js';
import type { Timestamp } from '../../../hlc/timestamp.js';
import { leftOutEvents } from '../../../admin/find-event/left-out-events.js';
import type { Output } from '../output.js';

/** Warns when the state at a point in time, which ends with `sequence`, leaves out later events with earlier timestamps. */
export async function warnOfLeftOutEvents(
  database: Database,
  id: Timestamp,
  { until, sequence }: { readonly until: Timestamp; readonly sequence: number },
  output: Output,
): Promise<void> {
  const leftOut = await leftOutEvents(database, id, sequence, until);
  if (leftOut === undefined) return;
  const { count, sequence: first } = leftOut;
  const what =
    count === 1
      ? `Event ${first} has an earlier timestamp than one before it, so it is not part of this state`
      : `${count} events, the first of them event ${first}, have earlier timestamps than one before them, so they are not part of this state`;
  await output.warn(
    `${what}: a clock ran backwards. ` + `This is the state after event ${sequence}; see \`maestro verify ${id.hex}\`.`,
  );
}
