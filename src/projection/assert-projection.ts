import { inspect } from 'node:util';
import { assertHandled, type EventTypes } from '../aggregate/definition/assert-event-types.js';
import { assertKnown, type Fail, type Properties } from '../aggregate/definition/assert-known.js';
import { assertFunctions, checkedName, isFunctionOrAbsent, object } from '../aggregate/definition/assert-parts.js';
import { isAggregate } from '../aggregate/definition/define-aggregate.js';
import type { Definition } from '../aggregate/definition/definition.js';
import { hasOwnershipRules } from '../aggregate/owns-aggregate.js';
import { InvalidArgumentError } from '../errors.js';
import { shownAs } from './shown-as.js';

const PROJECTION_KEYS = ['name', 'version', 'from', 'setUp', 'project', 'projectBatch', 'erased'];
const SUBSCRIPTION_KEYS = ['name', 'from', 'startAt', 'handle'];
/** The longest name, which tables of the command line show as a whole. */
const LONGEST_NAME = 63;
/** The largest version: PostgreSQL's largest integer. */
const MAX_VERSION = 2_147_483_647;

/** Throws {@link InvalidArgumentError} for the first fault of the description of a projection. */
export function assertProjection(description: unknown): void {
  const { properties, from, fail } = checkedParts(description, 'projection', PROJECTION_KEYS);
  const { version = 1, setUp, project, projectBatch, erased } = properties;
  if (!Number.isInteger(version) || (version as number) < 1 || (version as number) > MAX_VERSION)
    fail(`version must be an integer, 1 or more; got ${inspect(version)}`);
  for (const [key, value] of Object.entries({ setUp, projectBatch, erased }))
    if (!isFunctionOrAbsent(value)) fail(`${key} is not a function`);
  if (project !== undefined) assertHandlers('project', project, from, fail);
  else if (projectBatch === undefined)
    fail('project and projectBatch are missing, so no event would change anything; write one of them');
}

/** Throws {@link InvalidArgumentError} for the first fault of the description of a subscription. */
export function assertSubscription(description: unknown): void {
  const { properties, from, fail } = checkedParts(description, 'subscription', SUBSCRIPTION_KEYS);
  const { startAt, handle } = properties;
  if (startAt !== 'now' && startAt !== 'beginning')
    fail(
      `startAt must be 'now' (events that are committed from its first start on) or 'beginning' (all events); got ${inspect(startAt)}`,
    );
  if (handle === undefined) fail('handle is missing');
  assertHandlers('handle', handle, from, fail);
}

/** The parts that both kinds have, which are sound. */
function checkedParts(description: unknown, kind: string, keys: readonly string[]) {
  const properties = object(description, `The description of a ${kind}`);
  const name = checkedName(properties['name'], `a ${kind}`);
  if (name.length > LONGEST_NAME)
    throw new InvalidArgumentError(
      `The name of a ${kind} has ${LONGEST_NAME} characters at most; ${JSON.stringify(name.slice(0, 20))}… has ${name.length}.`,
    );
  const fail: Fail = (problem) => {
    throw new InvalidArgumentError(`The definition of the ${kind} ${name}: ${problem}.`);
  };
  const foreign = kind === 'projection' ? 'handle' : 'project';
  if (foreign in properties)
    fail(
      kind === 'projection'
        ? '`handle` is for subscriptions; a projection has `project`'
        : '`project` is for projections; a subscription has `handle`',
    );
  assertKnown(Object.keys(properties), keys, '', fail);
  return { properties, from: checkedFrom(properties['from'], fail), fail };
}

function checkedFrom(from: unknown, fail: Fail): readonly Definition[] {
  if (!Array.isArray(from) || from.length === 0)
    return fail('from must be a list of aggregates, one or more: `from: [Account]`');
  const other = from.findIndex((each) => !isAggregate(each));
  if (other >= 0)
    fail(
      `from[${other}] is no aggregate, but ${shownAs(from[other])}; make it with defineAggregate()${from[other] === undefined ? ' (modules that import each other in a circle see what is not defined yet as undefined)' : ''}`,
    );
  const aggregates = from as readonly Definition[];
  const names = aggregates.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) fail(`from has two aggregates with the name ${twice}`);
  const unknown = aggregates.length > 1 ? aggregates.find((each) => !hasOwnershipRules(each)) : undefined;
  if (unknown !== undefined)
    fail(
      `from has several aggregates, and ${unknown.name} does not say which ones in the log are its own; add \`owns: { firstEvents: […] }\` to the definition of ${unknown.name}`,
    );
  return aggregates;
}

/** Fails unless handlers are a function, or functions by type of event that one of the aggregates has. */
function assertHandlers(key: string, handlers: unknown, from: readonly Definition[], fail: Fail): void {
  if (typeof handlers === 'function') return;
  if (typeof handlers !== 'object' || handlers === null) fail(`${key} is neither a function nor functions by type`);
  const byType = handlers as Properties;
  assertFunctions(byType, key, fail);
  if (Object.keys(byType).length === 0) fail(`${key} has no function; write one for each type of event that matters`);
  const isHandled = (type: string) => from.some(({ events }) => Object.hasOwn(events, type));
  const odd = Object.keys(byType).filter((type) => !isHandled(type));
  if (odd.length === 0) return;
  const handled = from.flatMap(({ events }) => Object.keys(events));
  const aliases = Object.assign({}, ...from.map((definition) => definition.aliases)) as EventTypes['aliases'];
  assertHandled(odd, { handled, aliases }, `${key}.`, fail);
}
