import { lastHead } from '../../../admin/find-event/find-event.js';
import type { EventLog } from '../../../admin/log/event-log.js';
import type { Timestamp } from '../../../hlc/timestamp.js';
import { timestampOf } from '../../../text/time/read-time.js';
import { readId } from '../../input/read-id.js';
import { type Choice, PageError } from '../../page-error.js';

/** An aggregate as an address names it. */
export interface NamedAggregate {
  readonly id: Timestamp;
  /** False where the address has the first digits of its id only. */
  readonly isWhole: boolean;
}

/**
 * The aggregate of an id, or of the first digits of one. Throws `PageError` where no id begins with them, or several do; then with
 * a link for each to the same question.
 */
export async function namedAggregate(log: EventLog, text: string, query: string): Promise<NamedAggregate> {
  const refused: { fault: string; candidates: readonly Timestamp[] } = { fault: '', candidates: [] };
  const id = await readId(log, text, (fault, candidates) => Object.assign(refused, { fault, candidates }));
  if (id !== undefined) return { id, isWhole: timestampOf(text) !== undefined };
  const choices: Choice[] = [];
  for (const candidate of refused.candidates) {
    const last = await lastHead(log, candidate);
    const words = last === undefined ? 'a snapshot without events' : `last event ${last.sequence} ${last.type}`;
    choices.push({ text: `${candidate.hex}, ${words}`, href: `/aggregate/${candidate.hex}${query}` });
  }
  throw new PageError(400, refused.fault, { choices });
}
