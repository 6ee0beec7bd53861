import fc from 'fast-check';
import { MAX_TIME, Timestamp } from '../../../src/hlc/timestamp.js';
import type { JsonValue } from '../../../src/json/types.js';

/** Any timestamp, also those past the year 9999. */
export function timestamps(): fc.Arbitrary<Timestamp> {
  return fc
    .record({
      time: fc.oneof(fc.integer({ min: 0, max: MAX_TIME }), fc.integer({ min: 0, max: 5 })),
      counter: fc.integer({ min: 0, max: 0xffff }),
      nodeId: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    })
    .map((parts) => Timestamp.of(parts));
}

/** The code points of UTF-16 surrogates, which are no characters. */
const SURROGATES = { first: 0xd800, count: 0x800 };

/**
 * Any code point, to be the `unit` of a string. The unit `binary` of fast-check gives the same, but makes a table of all 1,112,064
 * for each arbitrary: a second of CPU.
 */
export function codePoints(): fc.Arbitrary<string> {
  const { first, count } = SURROGATES;
  return fc.integer({ min: 0, max: 0x10ffff - count }).map(
    (index) => String.fromCodePoint(index < first ? index : index + count),
    (text) => {
      const point = typeof text === 'string' ? text.codePointAt(0) : undefined;
      if (point === undefined || text !== String.fromCodePoint(point)) throw new Error('not one code point');
      if (point < first) return point;
      if (point < first + count) throw new Error('a surrogate');
      return point - count;
    },
  );
}

/** Text as applications write it, and text that is hard to keep: controls, bidi, astral, keys of prototypes. */
function texts(): fc.Arbitrary<string> {
  return fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.string({ unit: codePoints() }).map((text) => text.replaceAll('\0', '')),
    fc.constantFrom('__proto__', 'constructor', 'toString', '', ' ', '\u202e', '\ufeff', '"\\\n\u2028', '🎭'),
  );
}

/** A JSON value that PostgreSQL keeps: what goes in must come out. */
export function jsonValues(): fc.Arbitrary<JsonValue> {
  return fc.letrec<{ value: JsonValue; object: JsonValue }>((tie) => ({
    value: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.constant(null),
      fc.boolean(),
      texts(),
      fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => number + 0),
      fc.integer(),
      fc.bigInt({ min: -(10n ** 40n), max: 10n ** 40n }),
      fc.array(tie('value'), { maxLength: 5 }),
      tie('object'),
    ),
    object: fc.dictionary(texts(), tie('value'), { maxKeys: 5, noNullPrototype: true }),
  })).value;
}

/** The body of an event that PostgreSQL keeps. */
export function jsonBodies(): fc.Arbitrary<object> {
  return fc.dictionary(texts(), jsonValues(), { maxKeys: 6, noNullPrototype: true });
}
