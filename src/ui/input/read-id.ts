import type { EventLog } from '../../admin/log/event-log.js';
import { idsWithPrefix } from '../../admin/log/ids-with-prefix.js';
import type { Timestamp } from '../../hlc/timestamp.js';
import { prefixDigits } from '../../text/id-prefix.js';
import { timestampOf } from '../../text/time/read-time.js';

/** Receives a sentence on what is wrong with an id. Where several begin with the digits, it gets some of them, too. */
export type RefuseId = (fault: string, candidates: readonly Timestamp[]) => void;

/** Number of ids that are named when several begin with the digits. */
export const SHOWN_IDS = 10;

/**
 * Reads the id of an aggregate, whole or its first digits. Tells what is wrong, and is `undefined` then. `spare`: so many more candidates are
 * told than are shown, because some may not be wanted.
 */
export async function readId(log: EventLog, text: string, refuse: RefuseId, spare = 0): Promise<Timestamp | undefined> {
  const whole = timestampOf(text);
  if (whole !== undefined) return whole;
  const digits = prefixDigits(text);
  if (digits === undefined) {
    refuse(`${JSON.stringify(text)} is not an id. Write an id, or at least its first 4 digits.`, []);
    return undefined;
  }
  const ids = await idsWithPrefix(log, digits, SHOWN_IDS + spare + 1);
  if (ids.length === 1) return ids[0];
  if (ids.length === 0) refuse(`No aggregate has an id that begins with ${digits}.`, []);
  else {
    const many = ids.length > SHOWN_IDS ? `More than ${SHOWN_IDS}` : 'Several';
    refuse(`${many} ids begin with ${digits}. Write more of the digits.`, ids.slice(0, SHOWN_IDS + spare));
  }
  return undefined;
}
