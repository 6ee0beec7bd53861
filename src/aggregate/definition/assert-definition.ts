import { InvalidArgumentError } from '../../errors.js';
import { assertHandled, checkedEventTypes, type EventTypes } from './assert-event-types.js';
import { assertKnown, type Fail, type Properties } from './assert-known.js';
import { assertFunctions, checkedName, isFunctionOrAbsent, object } from './assert-parts.js';

/** The keys of a definition. */
const KEYS = [
  'name',
  'initialState',
  'commands',
  'events',
  'schemas',
  'upcasters',
  'aliases',
  'projections',
  'snapshot',
  'owns',
  'numbers',
  'render',
];
const SNAPSHOT_KEYS = ['every', 'version', 'encode', 'decode'];
const OWNS_KEYS = ['firstEvents', 'ids'];

/** Throws {@link InvalidArgumentError} for the first fault of a description. */
export function assertDefinition(description: unknown): void {
  const definition = object(description, 'A definition');
  const name = checkedName(definition['name'], 'an aggregate');
  const fail = (problem: string): never => {
    throw new InvalidArgumentError(`The definition of the aggregate ${name}: ${problem}.`);
  };
  const part = (key: string) => object(definition[key] ?? {}, `${key} in the definition of the aggregate ${name}`);

  assertKnown(Object.keys(definition), KEYS, '', fail);
  if (typeof definition['initialState'] !== 'function') fail('initialState is not a function');
  for (const key of ['commands', 'events']) {
    if (definition[key] === undefined) fail(`${key} is missing`);
    assertFunctions(part(key), key, fail);
  }
  const types = checkedEventTypes(Object.keys(part('events')), part('aliases'), fail);
  for (const key of ['upcasters', 'schemas']) assertHandled(Object.keys(part(key)), types, `${key}.`, fail);
  assertFunctions(part('upcasters'), 'upcasters', fail);
  for (const [type, schema] of Object.entries(part('schemas')))
    if (!isStandardSchema(schema)) fail(`schemas.${type} is not a Standard Schema`);
  assertProjections(definition['projections'] ?? [], types, fail);
  assertSnapshot(part('snapshot'), fail);
  assertOwns(part('owns'), types, fail);
  if (!['plain', 'lossless', undefined].includes(definition['numbers'] as string))
    fail(`numbers must be 'plain' or 'lossless'`);
  if (!isFunctionOrAbsent(definition['render'])) fail('render is not a function');
}

function assertProjections(projections: unknown, types: EventTypes, fail: Fail): void {
  if (!Array.isArray(projections)) return fail('projections is not a list');
  for (const [index, projection] of projections.entries()) {
    if (typeof projection === 'function') continue;
    const handlers = object(projection, `projections[${index}]`);
    if (Object.keys(handlers).length === 0)
      fail(`projections[${index}] has no function of its own; methods of a class are not used`);
    assertHandled(Object.keys(handlers), types, `projections[${index}].`, fail);
    assertFunctions(handlers, `projections[${index}]`, fail);
  }
}

function assertSnapshot(snapshot: Properties, fail: Fail): void {
  const { every, version, encode, decode } = snapshot;
  assertKnown(Object.keys(snapshot), SNAPSHOT_KEYS, 'snapshot.', fail);
  if (every !== undefined && every !== 'never' && !(Number.isSafeInteger(every) && (every as number) > 0))
    fail(`snapshot.every must be a number of events, 1 or more, or 'never'; got ${JSON.stringify(every)}`);
  if (version !== undefined && typeof version !== 'string' && !Number.isSafeInteger(version))
    fail('snapshot.version must be an integer or a string');
  if (!isFunctionOrAbsent(encode) || !isFunctionOrAbsent(decode))
    fail('snapshot.encode and snapshot.decode must be functions');
}

function assertOwns(owns: Properties, types: EventTypes, fail: Fail): void {
  const { firstEvents = [], ids } = owns;
  assertKnown(Object.keys(owns), OWNS_KEYS, 'owns.', fail);
  if (!Array.isArray(firstEvents)) return fail('owns.firstEvents is not a list');
  assertHandled(firstEvents as string[], types, 'owns.firstEvents: ', fail);
  if (!isFunctionOrAbsent(ids)) fail('owns.ids is not a function');
}

/** True for an object, or a function as some libraries have it, that implements Standard Schema. */
function isStandardSchema(value: unknown): boolean {
  return (typeof value === 'object' || typeof value === 'function') && value !== null && '~standard' in value;
}
