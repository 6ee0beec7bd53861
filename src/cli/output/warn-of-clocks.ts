import type { Database } from '../../connection/database.js';
import type { Timestamp } from '../../hlc/timestamp.js';
import { earlierClocks } from '../../admin/find-event/earlier-clocks.js';
import type { Output } from './output.js';

/** Warns when the state at a reading of the clock, which is that after a sequence, leaves out later events with earlier clocks. */
export async function warnOfClocks(
  database: Database,
  id: Timestamp,
  { until, sequence }: { readonly until: Timestamp; readonly sequence: number },
  output: Output,
): Promise<void> {
  const earlier = await earlierClocks(database, id, sequence, until);
  if (earlier === undefined) return;
  const { count, sequence: first } = earlier;
  const what =
    count === 1
      ? `Sequence ${first} is not after that time by its clock, but comes behind an event that is`
      : `${count} events, the first at sequence ${first}, are not after that time by their clocks, but come behind one that is`;
  await output.warn(
    `${what}: a clock ran backwards. ` +
      `This is the state after sequence ${sequence}; see \`maestro verify ${id.hex}\`.`,
  );
}
