import type { Definition } from '../aggregate/definition/definition.js';
import { evolve } from '../aggregate/fold/evolve.js';
import { fold } from '../aggregate/history.js';
import { renderState, encodedState } from '../aggregate/render-state.js';
import { replayAt } from '../aggregate/replay-at.js';
import { initialStateAt, type StateAt } from '../aggregate/state-at.js';
import type { Timestamp } from '../hlc/timestamp.js';
import { decodedEvent } from '../store/read/rows.js';
import { ignoredSnapshotWarning } from './ignored-snapshot.js';
import { stateJson } from './state-json.js';
import type { Folding } from './folding.js';

/** The folding by the handlers of a definition. */
export function handlerFolding(definition: Definition, id: Timestamp): Folding {
  const { render, numbers } = definition;
  return {
    aggregate: definition.name,
    how: `folded by the handlers of ${definition.name}`,
    start: () => initialStateAt(definition),
    next: (before, event) => ({
      ...before,
      state: evolve(definition, before.state, decodedEvent(event, numbers)),
      sequence: event.sequence,
      timestamp: event.timestamp,
    }),
    fold: async (store, { maxSequence, until, useSnapshot }, onWarning) => {
      const onSnapshotIgnored = ignoredSnapshotWarning(onWarning);
      const history = { definition, store, id, onSnapshotIgnored };
      // A snapshot does not tell the times of the events before it.
      return until === undefined ? await fold(history, { maxSequence, useSnapshot }) : await replayAt(history, until);
    },
    json: (at) => stateJson(at.state, () => encodedState({ definition, id }, at)),
    ...(render !== undefined && { render: (at: StateAt) => renderState({ definition, id }, at) ?? '' }),
  };
}
