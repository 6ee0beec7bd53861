import { timeSpan } from '../../hlc/time-span.js';
import type { ClockSkew } from '../diagnose/nodes.js';

/** The warning about a node whose new events are not shown by following the whole log, because its clock is too slow. */
export function behindText({ ahead, behind, milliseconds }: ClockSkew): string {
  return (
    `The clock of node ${behind} is ${timeSpan(milliseconds)} or more behind that of node ${ahead}. New events of node ${behind} ` +
    'look older than five minutes when they are committed, so they are not shown here. To see all events of an aggregate, ' +
    'follow it by its id.'
  );
}
