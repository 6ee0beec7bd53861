import type { EventLog } from '../../admin/log/event-log.js';
import { idsWithPrefix } from '../../admin/log/ids-with-prefix.js';
import type { Timestamp } from '../../hlc/timestamp.js';
import { prefixDigits } from '../../text/id-prefix.js';
import { timestampOf } from '../../text/time/read-time.js';

/** Reads the id of an aggregate, whole or its first digits. Tells what is wrong, and is `undefined` then. */
export async function readId(
  log: EventLog,
  text: string,
  refuse: (fault: string) => void,
): Promise<Timestamp | undefined> {
  const whole = timestampOf(text);
  if (whole !== undefined) return whole;
  const digits = prefixDigits(text);
  if (digits === undefined) {
    refuse(`${JSON.stringify(text)} is not an id. Write an id, or at least its first 4 digits.`);
    return undefined;
  }
  const [id, other] = await idsWithPrefix(log, digits, 2);
  if (id === undefined) refuse(`No aggregate has an id that begins with ${digits}.`);
  else if (other !== undefined) refuse(`Several ids begin with ${digits}. Write more of the digits.`);
  else return id;
  return undefined;
}
