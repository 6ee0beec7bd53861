import type { Timestamp } from '../hlc/timestamp.js';
import { callHandler } from './fold/call-handler.js';
import type { Definition } from './definition/definition.js';

/**
 * True when a definition owns an aggregate, by its id or the type of its first event (see `owns` of the definition).
 * Throws `HandlerError`.
 */
export function ownsAggregate(
  { name, file, owns }: Definition,
  id: Timestamp,
  firstEvent: string | undefined,
): boolean {
  const { firstEvents = [], ids } = owns;
  if (firstEvent !== undefined && firstEvents.includes(firstEvent)) return true;
  if (ids === undefined) return false;
  return callHandler({ aggregate: name, handler: 'ids', aggregateId: id.hex, file }, () => ids(id)) === true;
}
