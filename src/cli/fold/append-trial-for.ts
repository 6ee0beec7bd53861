import type { Timestamp } from '../../hlc/timestamp.js';
import type { PostgresStore } from '../../store/postgres-store.js';
import { aggregateChooser, typeOfFirstEvent } from '../choose-aggregate.js';
import type { Session } from '../session.js';
import type { AppendTrial } from './append-trial.js';

/** Gives the trial of an aggregate's history; none when no configured definition owns it. */
type Chooser = (
  store: PostgresStore,
  id: Timestamp,
  firstNewType: string | undefined,
) => Promise<AppendTrial | undefined>;

/**
 * How events are tried before they are appended: with the aggregate that was named, or the one whose own the history is, by its
 * first event, which may be one of the new ones. Throws `UsageError` for a name that is not configured.
 */
export async function appendTrialFor(name: string | undefined, session: Session): Promise<Chooser> {
  const choose = await aggregateChooser(session, name);
  const { aggregates = [] } = await session.configuration();
  if (aggregates.length === 0) return async () => undefined;
  return async (store, id, firstNewType) => {
    const definition = await choose(id, async () => (await typeOfFirstEvent(store, id)) ?? firstNewType);
    if (definition === undefined) {
      await session.output.note(
        'no configured definition owns this aggregate, so no handlers were tried on the events',
      );
      return undefined;
    }
    const { AppendTrial } = await import('./append-trial.js');
    const onSnapshotIgnored = (error: Error) => void session.output.warn(error.message);
    return new AppendTrial({ definition, store, id, onSnapshotIgnored });
  };
}
