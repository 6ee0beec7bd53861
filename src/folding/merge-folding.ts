import type { Definition } from '../aggregate/definition/definition.js';
import type { StateAt } from '../aggregate/state-at.js';
import type { StoredEvent } from '../events.js';
import type { Timestamp } from '../hlc/timestamp.js';
import { mergePatch, type OwnObjects } from '../json/compare/merge-patch.js';
import { printJson } from '../json/print.js';
import type { JsonValue } from '../json/types.js';
import type { Folding } from './folding.js';
import { missingWithin } from './missing-events.js';
import { storedBody } from './stored-body.js';

/**
 * Folding without handlers: the bodies are merged in order, each as a JSON Merge Patch (RFC 7396). `configured` are the
 * configured definitions, none of which owns the aggregate.
 */
export function mergeFolding(id: Timestamp, configured: readonly Definition[]): Folding {
  const why = configured.length === 0 ? 'no aggregate is configured' : 'no configured definition owns this aggregate';
  return {
    aggregate: undefined,
    how: `${why}, so the bodies were merged in order (JSON Merge Patch, RFC 7396)`,
    start,
    next: (before, event, own) => after(before, event, own ?? 'copy'),
    fold: async (store, { maxSequence, until }, onWarning) => {
      let current = start();
      let gapAfter: number | undefined;
      for await (const event of store.streamStoredEvents(id, 1, { maxSequence })) {
        if (until !== undefined && event.timestamp.compare(until) > 0) break;
        if (event.sequence !== current.sequence + 1) gapAfter ??= current.sequence;
        // The state before is not used again, so it is changed in place: that is faster for a long history.
        current = after(current, event, 'change');
      }
      if (gapAfter !== undefined) await onWarning(missingWithin(gapAfter));
      return current;
    },
    json: ({ state }) => printJson(state as JsonValue),
    value: ({ state }) => state as JsonValue,
  };
}

function start(): StateAt {
  return { state: {}, sequence: 0, timestamp: undefined, snapshot: 0 };
}

function after(before: StateAt, event: StoredEvent, mode: 'change' | 'copy' | OwnObjects): StateAt {
  const { sequence, timestamp } = event;
  return { ...before, state: mergePatch(before.state as JsonValue, storedBody(event), mode), sequence, timestamp };
}
