import { callHandler } from './fold/call-handler.js';
import { HandlerError, type HandlerRef } from './errors.js';
import type { History } from './history.js';
import type { StateAt } from './state-at.js';

/** The state as text from the definition's `render`; `undefined` without one. Throws `HandlerError`. */
export function renderState(history: Pick<History, 'definition' | 'id'>, at: StateAt): string | undefined {
  const { render } = history.definition;
  if (render === undefined) return undefined;
  const about = handlerRef('render', history, at);
  const text: unknown = callHandler(about, () => render(at.state));
  if (typeof text !== 'string') throw new HandlerError(about, 'returned something that is not a text.');
  return text;
}

/** The state as the definition's `encode` stores it; the state itself without one. Throws `HandlerError`. */
export function encodedState(history: Pick<History, 'definition' | 'id'>, at: StateAt): unknown {
  const { encode } = history.definition.snapshot;
  return encode === undefined ? at.state : callHandler(handlerRef('encode', history, at), () => encode(at.state));
}

function handlerRef(
  handler: 'render' | 'encode',
  { definition: { name, file }, id }: Pick<History, 'definition' | 'id'>,
  { sequence }: StateAt,
): HandlerRef {
  return { aggregate: name, handler, aggregateId: id.hex, sequence, file };
}
