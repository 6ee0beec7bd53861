import type { StateAt } from '../aggregate/state-at.js';
import type { StoredEvent } from '../events.js';
import type { OwnObjects } from '../json/compare/merge-patch.js';
import { afterEvent } from './fold-steps.js';
import type { Folding } from './folding.js';
import type { KeptStates } from './kept-states.js';

/**
 * Makes the steps on the way to a sequence, whose states are of no use but to get there. One that is not kept is changed into the next
 * one, where its folding can do that: to copy a state with each event costs the square of the history where the state grows with it.
 */
export function passing(
  folding: Folding,
  states: KeptStates,
  upTo: number,
  onKept: (point: StateAt) => void,
): (point: StateAt, event: StoredEvent) => StateAt {
  let own: OwnObjects = new WeakSet();
  return (before, event) => {
    const reached = afterEvent(before, event, folding, own);
    if (states.pass(reached, upTo)) {
      own = new WeakSet();
      onKept(reached.point);
    }
    return reached.point;
  };
}
