import { fc, testProp } from '@fast-check/ava';
import { canonicalJson, encodeCanonical } from '../../../src/json/encode/canonical.js';
import { encodeJson } from '../../../src/json/encode/encode.js';
import { jsonValues } from '../../support/data/arbitraries.js';

function canonicalText(value: unknown): string {
  const encoded = encodeCanonical(value);
  if ('faults' in encoded) throw new Error(`faults in ${String(value)}`);
  return encoded.text;
}

testProp(
  'a number has one canonical text, however it is held and written',
  [fc.oneof(fc.maxSafeInteger(), fc.integer({ min: -1000, max: 1000 }))],
  (t, integer) => {
    const text = canonicalText(integer);
    t.is(canonicalText(BigInt(integer)), text);
    for (const written of [`${integer}`, `${integer}.00`, `${integer}e0`]) t.is(canonicalJson(written), text);
    t.not(canonicalText(BigInt(integer) + 1n), text);
  },
);

testProp(
  'the canonical text of a value is that of its JSON text, and it has the same faults',
  [jsonValues()],
  (t, value) => {
    const encoded = encodeJson(value);
    t.deepEqual(encodeCanonical(value), 'text' in encoded ? { text: canonicalJson(encoded.text) } : encoded);
  },
);
