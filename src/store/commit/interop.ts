import { InvalidArgumentError } from '../../errors.js';
import { numbersIn } from '../../json/encode/numbers-in.js';
import type { JsonFault } from '../../json/types.js';

/** Another reader of the tables that cannot read all that PostgreSQL can store. */
export type Interop = 'elixir';

/** The key that marks the body of a snapshot as one with a version. */
export const VERSION_MARK = '$maestro';

/** Largest number of characters of an integer that Elixir reads, its sign among them. */
const MAX_INTEGER_LENGTH = 1024;
/** The largest number that a double can hold has this many digits before the point. */
const MAX_DOUBLE_DIGITS = 309;

/**
 * Matches texts that may contain a number out of bounds: many digits, or an exponent of three. Any other number has at
 * most 249 digits before its point. Strings can match, too; then the numbers are looked at, one by one.
 */
const DUBIOUS = /\d{150}|[:,[\s]-?\d[\d.]{0,320}[eE]\+?\d{3}/;

const NUMBER = /^-?(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;

/** Returns the setting when it is a known one, or absent. Throws {@link InvalidArgumentError} otherwise. */
export function checkedInterop(interop: string | undefined): Interop | undefined {
  if (interop === undefined || interop === 'elixir') return interop;
  throw new InvalidArgumentError(`${JSON.stringify(interop)} is not a valid value of interop.`, {
    hint: 'Write "elixir" for a log that an Elixir application reads, too; leave it out for all others.',
  });
}

/**
 * The numbers of a body (JSON text) that Elixir's Maestro cannot read: the aggregate's process crashes at each attempt.
 */
export function interopFaults(json: string, interop: Interop | undefined): JsonFault[] {
  if (interop === undefined || !DUBIOUS.test(json)) return [];
  const faults: JsonFault[] = [];
  for (const { path, text } of numbersIn(json)) {
    const message = numberFault(text);
    if (message !== undefined) faults.push({ path, message });
  }
  return faults;
}

/**
 * The faults of a snapshot's body: those of {@link interopFaults}, and a version, which Elixir's Maestro does not know.
 */
export function snapshotInteropFaults(json: string, interop: Interop | undefined): JsonFault[] {
  if (interop === undefined) return [];
  const hasVersion = json.includes(`"${VERSION_MARK}"`) && Object.hasOwn(JSON.parse(json) as object, VERSION_MARK);
  return [...(hasVersion ? [{ path: [], message: VERSIONED }] : []), ...interopFaults(json, interop)];
}

const VERSIONED =
  "has a version, and Elixir's Maestro would take all of it for the state; leave `snapshot.version` out";

const REMEDY = 'write it as a string';

/**
 * The fault of a number, which counts as PostgreSQL prints it: without an exponent, so that 1e1023 is an integer of
 * 1,024 digits.
 */
function numberFault(text: string): string | undefined {
  const [, integer = '', fraction = '', exponent = '0'] = NUMBER.exec(text) ?? [];
  const digits = integer + fraction;
  const first = digits.search(/[1-9]/);
  const before = first < 0 ? 1 : Math.max(1, integer.length + Number(exponent) - first);
  if (fraction.length - Number(exponent) <= 0) {
    const length = before + (first >= 0 && text.startsWith('-') ? 1 : 0);
    if (length <= MAX_INTEGER_LENGTH) return undefined;
    return `is an integer of ${length} characters, and Elixir's Maestro reads no more than ${MAX_INTEGER_LENGTH}; ${REMEDY}`;
  }
  if (before < MAX_DOUBLE_DIGITS || Number.isFinite(Number(text))) return undefined;
  return `is beyond the range of a double, and Elixir's Maestro cannot read it; ${REMEDY}`;
}
