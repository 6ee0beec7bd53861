import { eventTypeFault } from '../../store/commit/validate.js';
import { assertKnown, type Fail, type Properties } from './assert-known.js';
import { newNameOf } from './event-names.js';

/** The event types of a definition: those with a handler, and the older names of some. */
export interface EventTypes {
  readonly handled: readonly string[];
  readonly aliases: Readonly<Record<string, readonly string[]>>;
}

/** The event types of a definition whose `events` are sound. Fails for the first fault of its aliases. */
export function checkedEventTypes(handled: readonly string[], aliases: Properties, fail: Fail): EventTypes {
  for (const type of handled) {
    const fault = eventTypeFault(type);
    if (fault !== undefined) fail(`the event type ${JSON.stringify(type)} ${fault}`);
  }
  assertKnown(Object.keys(aliases), handled, 'aliases.', fail);
  const newNames = new Map<string, string>();
  for (const [newest, names] of Object.entries(aliases)) {
    if (!Array.isArray(names)) return fail(`aliases.${newest} is not a list of older names`);
    for (const old of names as unknown[]) {
      const named = `aliases.${newest}: ${typeof old === 'string' ? JSON.stringify(old) : String(old)}`;
      const fault = eventTypeFault(old);
      if (fault !== undefined) return fail(`${named} ${fault}`);
      const known = newNames.get(old as string);
      if (known === newest) return fail(`${named} is listed twice`);
      if (known !== undefined) return fail(`${named} is an older name of ${known} already; keep one of them`);
      if (handled.includes(old as string))
        return fail(`${named} has an event handler of its own; remove that handler, or the alias`);
      newNames.set(old as string, newest);
    }
  }
  return { handled, aliases: aliases as EventTypes['aliases'] };
}

/** Fails for the first key that is not an event type with a handler. */
export function assertHandled(keys: readonly string[], types: EventTypes, prefix: string, fail: Fail): void {
  const old = keys.find((key) => newNameOf(types, key) !== undefined);
  if (old !== undefined)
    fail(`${prefix}${old} is an older name; write ${newNameOf(types, old)}, which stands for both`);
  assertKnown(keys, types.handled, prefix, fail);
}
