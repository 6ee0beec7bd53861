import type { Timestamp } from '../../hlc/timestamp.js';
import { UsageError } from '../errors.js';

/**
 * Throws {@link UsageError} when the point in time is the id of the aggregate: that is a timestamp, too, but one before all
 * its events, so it was given by mistake.
 */
export function assertNotTheId(point: Timestamp | undefined, id: Timestamp): void {
  if (point?.equals(id) !== true) return;
  throw new UsageError('A time is expected, but the id of the aggregate was given.', {
    hint: `\`maestro events ${id.hex}\` lists the timestamps of its events; \`maestro help times\` says how to write a time.`,
  });
}
