import type { StateAt } from '../../aggregate/state-at.js';
import type { Outcome, Subject } from './play.js';
import { ScenarioError } from './scenario-error.js';
import { beginningOf, textOf, textOfError, textOfEvents } from './text.js';

/** The facts of a step: the state before it, what it came to, and words for it. */
export interface Facts {
  readonly subject: Subject;
  readonly before: StateAt;
  readonly outcome: Outcome;
  /** The subject of a sentence: `The command "open" of account`. */
  readonly name: string;
}

/** The error for an outcome of another kind than the one that is wanted, which may need some lines to be shown. */
export function unmet({ outcome, before, name }: Facts, wanted: string, lines?: string): ScenarioError {
  const message = (came: string, end: string) =>
    [`${name} ${came}, but ${wanted}.`, lines, end].filter((part) => part !== undefined).join('\n\n');
  switch (outcome.kind) {
    case 'rejected':
      return new ScenarioError(message(`was rejected with ${textOf(outcome.reason)}`, stateText(before)));
    case 'threw': {
      const threw = `${textOfError(outcome.error)}${hintFor(outcome.error)}\n\n${stateText(before)}`;
      return new ScenarioError(message('threw an error', threw), { cause: outcome.error });
    }
    case 'events': {
      const events = `Actual:\n\n${beginningOf(textOfEvents(outcome.events))}`;
      return new ScenarioError(message(outcome.events.length === 0 ? 'came to no events' : 'came to events', events));
    }
  }
}

/** The state that a command was decided on. */
export function stateText({ state, sequence }: StateAt): string {
  return `The state before it, at sequence ${sequence}:\n\n${beginningOf(textOf(state))}`;
}

/** A remark on an error that a frozen state may have caused. */
function hintFor(error: unknown): string {
  const isOfFrozen = /read only|not extensible|Cannot (delete|define) property|on a frozen state/.test(
    textOfError(error),
  );
  return isOfFrozen ? '\nStates are frozen: handlers return new values, and change nothing.' : '';
}
