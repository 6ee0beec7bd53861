import { callHandler } from './call-handler.js';
import { HandlerError, type HandlerRef } from './errors.js';
import type { History, Moment } from './history.js';

/** A state as its definition shows it to people; `undefined` when it does not. Throws `HandlerError`. */
export function renderState(
  { definition, id }: Pick<History, 'definition' | 'id'>,
  moment: Moment,
): string | undefined {
  const { name, file, render } = definition;
  if (render === undefined) return undefined;
  const { state, sequence } = moment;
  const about: HandlerRef = { aggregate: name, handler: 'render', aggregateId: id.hex, sequence, file };
  const text = callHandler(about, () => render(state));
  if (typeof text !== 'string') throw new HandlerError(about, 'returned something that is no text.');
  return text;
}
