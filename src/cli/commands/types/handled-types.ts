import type { TypeStatistics } from '../../../admin/log-statistics/log-statistics.js';
import type { Definition } from '../../../aggregate/definition/definition.js';
import { handledType } from '../../../aggregate/definition/event-names.js';

/** A definition that handles a type of stored events. */
interface TypeHandler {
  /** The name of the definition. */
  readonly aggregate: string;
  /** The type under which it handles them: another one when the type was renamed. */
  readonly as: string;
}

/** A type of stored events, with the configured definitions that handle it; none are known without definitions. */
export interface HandledType extends Omit<TypeStatistics, 'bodies'> {
  readonly handledBy: readonly TypeHandler[] | null;
}

/** The stored types with the definitions that handle them. */
export function handledTypes(types: readonly TypeStatistics[], definitions: readonly Definition[]): HandledType[] {
  return types.map(({ type, events, firstTime, lastTime }) => ({
    type,
    events,
    firstTime,
    lastTime,
    handledBy: definitions.length === 0 ? null : handlersOf(type, definitions),
  }));
}

/** True when there are definitions, but none of them handles the type. */
export function isUnhandled({ handledBy }: HandledType): boolean {
  return handledBy?.length === 0;
}

/** The definitions that handle a type, in words: `account as money_withdrawn, purse`. */
export function handlersText({ type, handledBy }: HandledType): string {
  if (handledBy?.length === 0) return '(none)';
  return (handledBy ?? []).map(({ aggregate, as }) => (as === type ? aggregate : `${aggregate} as ${as}`)).join(', ');
}

function handlersOf(type: string, definitions: readonly Definition[]): TypeHandler[] {
  return definitions.flatMap((definition) => {
    const as = handledType(definition, type);
    return as === undefined ? [] : [{ aggregate: definition.name, as }];
  });
}
