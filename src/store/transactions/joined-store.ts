import type { Knex } from 'knex';
import type { Store } from '../store.js';

/** Wraps a store so that every call of it joins one transaction. */
export function joined(store: Store, transaction: Knex.Transaction): Store {
  const getLastEvent = store.getLastEvent?.bind(store);
  const commitCommand = store.commitCommand?.bind(store);
  const getCommand = store.getCommand?.bind(store);
  return {
    interop: store.interop,
    commitAll: (events, projections) => store.commitAll(events, projections, { transaction }),
    commitEvents: (events) => store.commitEvents(events, { transaction }),
    commitSnapshot: (snapshot) => store.commitSnapshot(snapshot, { transaction }),
    getEvents: (id, minSequence, options) => store.getEvents(id, minSequence, { ...options, transaction }),
    streamEvents: (id, minSequence, options) => store.streamEvents(id, minSequence, { ...options, transaction }),
    getSnapshot: (id, minSequence, options) => store.getSnapshot(id, minSequence, { ...options, transaction }),
    ...(commitCommand && {
      commitCommand: (command, events, projections) => commitCommand(command, events, projections, { transaction }),
    }),
    ...(getCommand && { getCommand: (id, commandId) => getCommand(id, commandId, { transaction }) }),
    ...(getLastEvent && { getLastEvent: (id, options) => getLastEvent(id, { ...options, transaction }) }),
  };
}
