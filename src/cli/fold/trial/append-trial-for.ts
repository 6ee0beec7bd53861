import type { Definition } from '../../../aggregate/definition/definition.js';
import type { Timestamp } from '../../../hlc/timestamp.js';
import type { PostgresStore } from '../../../store/postgres-store.js';
import { didYouMean, nearest } from '../../../nearest.js';
import { handledType } from '../../../aggregate/definition/event-names.js';
import { firstTypesOf, ownsAggregate } from '../../../aggregate/owns-aggregate.js';
import { typeOfFirstEvent } from '../../../folding/choose-definition.js';
import { aggregateChooser } from '../choose-aggregate.js';
import { WouldNotFoldError } from '../../errors.js';
import type { Output } from '../../output/output.js';
import type { Invocation } from '../../invocation.js';
import { ignoredSnapshotWarning } from '../../../folding/ignored-snapshot.js';
import { AppendTrial, NOT_APPENDED } from './append-trial.js';

/** Makes the trial for an aggregate; `undefined` when no configured definition owns it. */
type Chooser = (
  store: PostgresStore,
  id: Timestamp,
  firstNewType: string | undefined,
) => Promise<AppendTrial | undefined>;

/** Options of the command for the trial. */
interface TrialOptions {
  readonly aggregate?: string;
  readonly force?: boolean;
}

/**
 * Chooses the handlers that fold events before they are appended: those of the named aggregate, or of the definition that
 * owns the history by its first event, which may be a new one. Throws `UsageError` for a name that is not configured, and
 * {@link WouldNotFoldError} for a first event that is not one of the definition's `owns.firstEvents`, unless forced.
 */
export async function appendTrialFor(options: TrialOptions, invocation: Invocation): Promise<Chooser> {
  const choose = await aggregateChooser(invocation, options.aggregate);
  const { aggregates = [] } = await invocation.configuration();
  if (aggregates.length === 0) return async () => undefined;
  return async (store, id, firstNewType) => {
    const storedType = await typeOfFirstEvent(store, id);
    const definition = await choose(id, async () => storedType ?? firstNewType);
    const beginsWith = storedType === undefined ? firstNewType : undefined;
    if (definition === undefined) {
      await tellUnowned(aggregates, beginsWith, invocation.output);
      return undefined;
    }
    const { force = false } = options;
    const problem = beginsWith === undefined ? undefined : wrongBeginning(definition, id, beginsWith);
    if (problem !== undefined && !force) throw problem;
    const onSnapshotIgnored = ignoredSnapshotWarning((text) => invocation.output.warn(text));
    return new AppendTrial({ definition, store, id, onSnapshotIgnored }, { force, problem });
  };
}

/** Reports that no definition owns the history; warns when the first event of a new one is similar to a known first event. */
async function tellUnowned(
  aggregates: readonly Definition[],
  beginsWith: string | undefined,
  output: Output,
): Promise<void> {
  const untried = 'configured definition owns this aggregate, so it was not checked that the events can be folded';
  const firstTypes = aggregates.flatMap(firstTypesOf);
  const meant = beginsWith === undefined ? undefined : nearest(beginsWith, firstTypes);
  if (meant === undefined) return await output.note(`no ${untried}`);
  const owners = aggregates.filter((definition) => firstTypesOf(definition).includes(meant)).map(({ name }) => name);
  await output.warn(`No ${untried}. Did you mean ${meant} as the type of the first event (${owners.join(', ')})?`);
}

/** The error for a first event that is not one of the definition's `owns.firstEvents`; `undefined` when it may be the first. */
function wrongBeginning(definition: Definition, id: Timestamp, type: string): WouldNotFoldError | undefined {
  const { name, owns: owned } = definition;
  // A type that it does not handle at all is refused when it is tried.
  if (owned.firstEvents === undefined || handledType(definition, type) === undefined) return undefined;
  if (ownsAggregate(definition, id, type)) return undefined;
  return new WouldNotFoldError(
    `The first event of ${name} cannot be ${type}: its \`owns.firstEvents\` names ${owned.firstEvents.join(', ')}.`,
    {
      hint: `${didYouMean(type, owned.firstEvents)} Commands find the handlers of ${name} by the type of the first event; with ${type} they would not find them. ${NOT_APPENDED}`.trimStart(),
    },
  );
}
