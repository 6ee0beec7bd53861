import type { Timestamp } from '../hlc/timestamp.js';
import { callHandler } from './fold/call-handler.js';
import type { Definition } from './definition/definition.js';

/** Whether a definition says that an aggregate is its own, by its id or its first event. Throws `HandlerError`. */
export function ownsAggregate({ name, file, owns }: Definition, id: Timestamp, firstEvent: string | undefined): boolean {
  const { firstEvents = [], ids } = owns;
  if (firstEvent !== undefined && firstEvents.includes(firstEvent)) return true;
  if (ids === undefined) return false;
  return callHandler({ aggregate: name, handler: 'ids', aggregateId: id.hex, file }, () => ids(id)) === true;
}
