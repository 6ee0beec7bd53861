import type { Definition } from '../../aggregate/definition/definition.js';
import {
  type DefinitionChooser,
  definitionNamed,
  definitionOwning,
  typeOfFirstEvent,
} from '../../folding/choose-definition.js';
import { SeveralOwnersError, UnknownDefinitionError } from '../../folding/errors.js';
import type { Timestamp } from '../../hlc/timestamp.js';
import type { PostgresStore } from '../../store/postgres-store.js';
import { UsageError } from '../errors.js';
import type { Invocation } from '../invocation.js';

/**
 * Makes the function that chooses the configured definition for an id: the named one, or the one that owns it; `undefined`
 * when no name is given and none owns it. Throws {@link UsageError} for an unknown name, before a database is opened; the
 * function throws it for several owners.
 */
export async function aggregateChoice(
  invocation: Invocation,
  name: string | undefined,
): Promise<(store: PostgresStore, id: Timestamp) => Promise<Definition | undefined>> {
  const choose = await aggregateChooser(invocation, name);
  return (store, id) => choose(id, () => typeOfFirstEvent(store, id));
}

/** The configured aggregate of a name. Throws {@link UsageError} when there is none. */
export async function configuredAggregate(invocation: Invocation, name: string): Promise<Definition> {
  const { aggregates = [] } = await invocation.configuration();
  try {
    return definitionNamed(aggregates, name);
  } catch (error) {
    if (!(error instanceof UnknownDefinitionError)) throw error;
    throw new UsageError(error.message, { hint: error.hint ?? CONFIGURE });
  }
}

/**
 * Makes the function that chooses the definition for an id, as {@link aggregateChoice} does, for callers that know the type
 * of the first event or read it themselves.
 */
export async function aggregateChooser(invocation: Invocation, name: string | undefined): Promise<DefinitionChooser> {
  const { aggregates = [] } = await invocation.configuration();
  if (name === undefined) return (id, firstType) => aggregateOwning(aggregates, id, firstType);
  const named = await configuredAggregate(invocation, name);
  return async () => named;
}

/** A chooser for commands that need handlers. Throws {@link UsageError} when none are configured. */
export async function handlersChooser(invocation: Invocation, name: string | undefined): Promise<DefinitionChooser> {
  await configuredAggregates(invocation, invocation.purpose);
  return await aggregateChooser(invocation, name);
}

/** The configured aggregates, one or more. Throws {@link UsageError} when there are none, naming what needs them. */
export async function configuredAggregates(invocation: Invocation, what: string): Promise<readonly Definition[]> {
  const { aggregates = [] } = await invocation.configuration();
  if (aggregates.length > 0) return aggregates;
  throw new UsageError(`${what} needs the handlers of aggregates, but none are configured.`, { hint: CONFIGURE });
}

const CONFIGURE = 'List the aggregates in maestro.config.ts: `export default defineConfig({ aggregates: [ … ] })`.';

async function aggregateOwning(
  aggregates: readonly Definition[],
  id: Timestamp,
  firstTypeOf: () => Promise<string | undefined>,
): Promise<Definition | undefined> {
  try {
    return await definitionOwning(aggregates, id, firstTypeOf);
  } catch (error) {
    if (!(error instanceof SeveralOwnersError)) throw error;
    throw new UsageError(error.message, { hint: 'Choose one with --aggregate.' });
  }
}
