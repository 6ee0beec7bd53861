import type { Database } from '../connection/database.js';
import type { Timestamp } from '../hlc/timestamp.js';
import type { Output } from './output.js';
import { localTime } from './time-argument.js';

/** Warns when the state at a time, which is that after a sequence, leaves out later events with earlier clocks. */
export async function warnOfClocks(
  database: Database,
  id: Timestamp,
  { time, sequence }: { readonly time: number; readonly sequence: number },
  output: Output,
): Promise<void> {
  const { earlierClocks } = await import('../admin/earlier-clocks.js');
  const earlier = await earlierClocks(database, id, sequence, time);
  if (earlier === undefined) return;
  const events = earlier.count === 1 ? 'One later event has' : `${earlier.count} later events have`;
  await output.warn(
    `${events} a clock of before ${localTime(time)}, the first at sequence ${earlier.sequence}: their writer's clock ran behind. ` +
      `This is the state after sequence ${sequence}; see \`maestro verify ${id.hex}\`.`,
  );
}
