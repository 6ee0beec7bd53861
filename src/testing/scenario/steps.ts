import { isDeepStrictEqual } from 'node:util';
import { assertOptions } from '../../assert-options.js';
import { assertCommand } from '../../aggregate/evaluation.js';
import type { Command } from '../../aggregate/fold/decide.js';
import type { StateAt } from '../../aggregate/state-at.js';
import type { CommittedEvent } from '../../events.js';
import {
  asCommitted,
  assertExpectedError,
  assertEvents,
  EXPECTED_KEYS,
  GIVEN_KEYS,
  isExpectedError,
  textOfExpectedError,
} from './expected.js';
import { decideTwice, foldTwice, type Outcome, placed, type PlacedDraft } from './play.js';
import { calledByTest, ScenarioError } from './scenario-error.js';
import { beginningOf, differenceOf, shownEvents, textOf, textOfEvents } from './text.js';
import type { ExpectedError, WhenOptions } from './types.js';
import { type Facts, stateText, unmet } from './unmet.js';

type Accepted = Outcome & { readonly kind: 'events' };

/** A step of a scenario, without its types: see `Scenario` and `Decision` of types.ts. */
export class Step {
  protected readonly facts: Facts;

  constructor(facts: Facts) {
    this.facts = facts;
  }

  given(...events: readonly PlacedDraft[]): Step {
    return this.called('given', () => this.#add('given', events));
  }

  givenStored(...events: readonly PlacedDraft[]): Step {
    return this.called('givenStored', () => this.#add('givenStored', events));
  }

  when(command: Command, options: WhenOptions = {}): Decided {
    return this.called('when', () => {
      assertCommand(command);
      assertOptions('when()', options, ['metadata']);
      const { metadata } = options;
      const { subject } = this.facts;
      const { next } = this.accepted('the scenario goes on with another command');
      const { type, data } = command;
      const outcome = decideTwice(subject, next, { type, data, metadata });
      return new Decided({
        subject,
        before: next,
        outcome,
        name: `The command ${JSON.stringify(type)} of ${subject.definition.name}`,
      });
    });
  }

  thenState(state: unknown): Step {
    return this.called('thenState', () => {
      const { next } = this.accepted('a state was expected');
      if (isDeepStrictEqual(next.state, state)) return this.met(next);
      const { definition } = this.facts.subject;
      throw new ScenarioError(
        `The state of ${definition.name} at sequence ${next.sequence} differs from the expected one.\n\n${differenceOf(textOf(state), textOf(next.state))}`,
        { comparison: { expected: state, actual: next.state } },
      );
    });
  }

  thenThrows(expected: ExpectedError): Step {
    return this.called('thenThrows', () => {
      assertExpectedError(expected);
      const { outcome, before } = this.facts;
      if (outcome.kind === 'threw' && isExpectedError(expected, outcome.error)) return this.met(before);
      throw unmet(this.facts, `${textOfExpectedError(expected)} was expected`);
    });
  }

  get state(): unknown {
    return this.called('state', () => this.accepted('its state was asked for').next.state);
  }

  get sequence(): number {
    return this.called('sequence', () => this.accepted('its sequence was asked for').next.sequence);
  }

  /** Runs the method or getter with this name, which a test has called. */
  protected called<Answer>(name: string, run: () => Answer): Answer {
    return calledByTest(propertyOf(this, name), run);
  }

  /** The outcome of the step; throws `ScenarioError` when that is no events. */
  protected accepted(wanted: string, lines?: string): Accepted {
    const { outcome } = this.facts;
    if (outcome.kind === 'events') return outcome;
    throw unmet(this.facts, wanted, lines);
  }

  protected met(next: StateAt): Met {
    return new Met({ ...this.facts, before: next, outcome: { kind: 'events', events: [], next } });
  }

  #add(method: string, drafts: readonly PlacedDraft[]): Step {
    const { subject } = this.facts;
    const { next } = this.accepted('the scenario goes on with other events');
    assertEvents(method, drafts, GIVEN_KEYS);
    const outcome = foldTwice(subject, next, placed(subject, next, drafts));
    return new Step({
      subject,
      before: next,
      outcome,
      name: `The folding of the given events of ${subject.definition.name}`,
    });
  }
}

/** A step after a command. */
export class Decided extends Step {
  then(...drafts: readonly PlacedDraft[]): Step {
    // Whoever returns this from a test, or awaits it, has forgotten what to expect.
    const [, fail] = drafts as readonly unknown[];
    if (typeof fail === 'function') {
      (fail as (error: unknown) => void)(
        unmet(
          this.facts,
          'nothing is expected of it: add then(), thenNothing(), thenRejected(), thenState() or thenThrows()',
        ),
      );
      return this;
    }
    return this.called('then', () => {
      assertEvents('then', drafts, EXPECTED_KEYS);
      return this.#expect(drafts);
    });
  }

  thenNothing(): Step {
    return this.called('thenNothing', () => this.#expect([]));
  }

  thenRejected(reason: unknown): Step {
    return this.called('thenRejected', () => {
      const { outcome, before, name } = this.facts;
      if (outcome.kind !== 'rejected') throw unmet(this.facts, `a rejection with ${textOf(reason)} was expected`);
      if (isDeepStrictEqual(outcome.reason, reason)) return this.met(before);
      throw new ScenarioError(
        `${name} was rejected, for another reason than expected.\n\n${differenceOf(textOf(reason), textOf(outcome.reason))}\n\n${stateText(before)}`,
        { comparison: { expected: reason, actual: outcome.reason } },
      );
    });
  }

  get events(): readonly CommittedEvent[] {
    return this.called('events', () => this.accepted('its events were asked for').events);
  }

  #expect(drafts: readonly PlacedDraft[]): Step {
    const { subject, before, name } = this.facts;
    const expected = asCommitted(subject, before, drafts);
    const { events, next } =
      expected.length === 0
        ? this.accepted('no events were expected')
        : this.accepted('events were expected', `Expected:\n\n${beginningOf(textOfEvents(expected))}`);
    const actual = shownEvents(events);
    if (isDeepStrictEqual(actual, expected)) return this.met(next);
    throw new ScenarioError(
      `${name} led to other events than expected.\n\n${differenceOf(textOfEvents(expected), textOfEvents(actual))}`,
      { comparison: { expected, actual } },
    );
  }
}

/**
 * A step whose expectation is met. A test function may return it: Jest takes nothing but promises, and this is one that is
 * fulfilled.
 */
class Met extends Step {
  then(fulfil?: ((nothing: undefined) => unknown) | null): unknown {
    return Promise.resolve(undefined).then(fulfil);
  }
}

/** The function of a method or a getter of a class. */
function propertyOf(instance: object, name: string): unknown {
  for (let at: object | null = instance; at !== null; at = Object.getPrototypeOf(at) as object | null) {
    const property: { readonly get?: unknown; readonly value?: unknown } | undefined = Object.getOwnPropertyDescriptor(
      at,
      name,
    );
    if (property !== undefined) return property.get ?? property.value;
  }
  return undefined;
}
