import { lastHead } from '../../../admin/find-event/find-event.js';
import { sequenceAt } from '../../../admin/find-event/sequence-at.js';
import type { EventLog } from '../../../admin/log/event-log.js';
import { timeOf } from './moment.js';
import type { AggregateRequest, ReadRequest } from './request.js';

/** The request with the sequence of the point to compare with, which may have been written as a time. */
export async function withPinnedPoint(log: EventLog, { request, pinned }: ReadRequest): Promise<AggregateRequest> {
  if (pinned === undefined || typeof pinned === 'number') return request;
  const { id } = request;
  const pin = pinned === 'last' ? (await lastHead(log, id))?.sequence : await sequenceAt(log, id, timeOf(pinned.time));
  return { ...request, pin };
}
