import { isAggregate } from '../../aggregate/definition/define-aggregate.js';
import type { Aggregate } from '../../aggregate/definition/definition.js';
import type { AggregateTypes } from '../../aggregate/definition/types.js';
import { assertOptions } from '../../assert-options.js';
import { InvalidArgumentError } from '../../errors.js';
import { Timestamp } from '../../hlc/timestamp.js';
import { Step } from './steps.js';
import { initialTwice, USUAL_ID } from './play.js';
import { calledByTest } from './scenario-error.js';
import type { Scenario } from './types.js';

/** Options of {@link scenario}. */
export interface ScenarioOptions {
  /** The id of the aggregate, which handlers get. @defaultValue the same one in every scenario */
  readonly id?: Timestamp;
}

/**
 * Begins a test of an aggregate's handlers: what has happened, what is wanted, what is expected.
 *
 * ```ts
 * scenario(Account).given({ type: 'opened', body: { owner: 'Ada' } })
 *   .when({ type: 'withdraw', data: { amount: 5 } }).thenRejected('not_enough_money');
 * ```
 *
 * All of it runs as in production, without a database: events are validated and encoded, upcasters, schemas and
 * aliases apply, states are frozen, and the events of a command are folded before they count. Projections and snapshots do not run.
 * Times and ids are the same in every run. Works with any test runner, because nothing is asynchronous and an
 * expectation that is not met throws. Throws `InvalidArgumentError` for what is no definition.
 */
export function scenario<Types extends AggregateTypes>(
  definition: Aggregate<Types>,
  options: ScenarioOptions = {},
): Scenario<Types> {
  if (!isAggregate(definition))
    throw new InvalidArgumentError('scenario() takes a definition; make one with defineAggregate().');
  assertOptions('scenario()', options, ['id']);
  const { id = USUAL_ID } = options;
  if (!(id instanceof Timestamp)) throw new InvalidArgumentError('The id of a scenario must be a Timestamp.');
  const subject = { definition, id };
  const before = calledByTest(scenario, () => initialTwice(subject));
  const outcome = { kind: 'events', events: [], next: before } as const;
  // A step has handlers without types, as a definition does when it runs.
  return new Step({ subject, before, outcome, name: definition.name }) as unknown as Scenario<Types>;
}
