import { handledType } from '../../../aggregate/definition/event-names.js';
import { isFoldingError } from '../../../aggregate/errors.js';
import { evolve } from '../../../aggregate/fold/evolve.js';
import { deepFreeze } from '../../../aggregate/fold/freeze.js';
import { fold, foldOn, type History } from '../../../aggregate/history.js';
import type { StateAt } from '../../../aggregate/state-at.js';
import { encodedState } from '../../../aggregate/render-state.js';
import type { MaestroError } from '../../../errors.js';
import type { NewEvent } from '../../../events.js';
import { readBack } from '../../../json/encode/round-trip.js';
import { apart } from '../../../store/event-metadata.js';
import { encodeEvents } from '../../../store/commit/validate.js';
import { WouldNotFoldError } from '../../errors.js';
import { stateJson } from '../../../folding/state-json.js';

/** Folds a history with events that are not committed yet. */
export class AppendTrial {
  readonly #history: History;
  readonly #force: boolean;
  readonly #problem: WouldNotFoldError | undefined;
  #known: StateAt | undefined;
  #after: StateAt | undefined;
  #failure: WouldNotFoldError | undefined;

  /** With `force` nothing is refused; `problem` is what was found wrong before, and {@link overridden} then. */
  constructor(
    history: History,
    { force = false, problem }: { readonly force?: boolean; readonly problem?: WouldNotFoldError | undefined } = {},
  ) {
    this.#history = history;
    this.#force = force;
    this.#problem = problem;
  }

  /** The name of the aggregate whose handlers fold. */
  get aggregate(): string {
    return this.#history.definition.name;
  }

  /** The given types of events for which the definition has no schema. */
  unchecked(types: Iterable<string>): string[] {
    const { definition } = this.#history;
    const isChecked = (type: string) => Object.hasOwn(definition.schemas, handledType(definition, type) ?? type);
    return [...new Set(types)].filter((type) => !isChecked(type));
  }

  /** The state after the events of the last {@link run}, as JSON text; absent when folding them failed. */
  get state(): string | undefined {
    const current = this.#after;
    return current && stateJson(current.state, () => encodedState(this.#history, current));
  }

  /** The problems for which the events of the last {@link run} would have been refused without `force`. */
  get overridden(): readonly string[] {
    return [this.#problem, this.#failure].flatMap((error) => error?.message ?? []);
  }

  /**
   * Folds the events after those in the log, of which a second call reads only new ones. Throws {@link WouldNotFoldError},
   * unless forced.
   */
  async run(events: readonly NewEvent[]): Promise<void> {
    this.#after = undefined;
    this.#failure = undefined;
    try {
      this.#after = await this.#fold(events);
    } catch (error) {
      if (!this.#force || !(error instanceof WouldNotFoldError)) throw error;
      this.#failure = error;
    }
  }

  async #fold(events: readonly NewEvent[]): Promise<StateAt> {
    const { definition, id } = this.#history;
    const before = (events[0]?.sequence ?? 1) - 1;
    let known: StateAt;
    try {
      known = await (this.#known === undefined
        ? fold(this.#history, { maxSequence: before })
        : foldOn(this.#history, this.#known, before));
    } catch (error) {
      if (!isFoldingError(error)) throw error;
      throw refused(`The history of ${id.hex} cannot be folded as it is`, error);
    }
    // A state that cannot be frozen is not kept: a handler may have changed it by events that are not committed.
    this.#known = deepFreeze(known.state) ? known : undefined;
    let { state } = known;
    let current = known;
    for (const { event, json } of encodeEvents(events)) {
      const { sequence, timestamp, aggregateId, type } = event;
      const asRead = { timestamp, aggregateId, sequence, type, ...apart(readBack(json, definition.numbers)) };
      try {
        state = evolve(definition, state, asRead);
      } catch (error) {
        if (!isFoldingError(error)) throw error;
        throw refused(`With these events the history of ${id.hex} can no longer be folded`, error);
      }
      current = { ...current, state, sequence, timestamp };
    }
    return current;
  }
}

/** The last sentence of the hint of a refusal. */
export const NOT_APPENDED = 'Nothing was appended; with --force it is appended anyway.';

function refused(what: string, cause: MaestroError): WouldNotFoldError {
  return new WouldNotFoldError(`${what}: ${cause.message}`, {
    hint: [cause.hint, NOT_APPENDED].filter(Boolean).join(' '),
    cause,
  });
}
