import { fc, testProp } from '@fast-check/ava';
import { canonicalJson, canonicalText } from '../../src/json/canonical.js';
import { encodeJson } from '../../src/json/encode.js';
import { jsonValues } from '../support/data/arbitraries.js';

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

testProp('the canonical text of a value is that of its JSON text', [jsonValues()], (t, value) => {
  const encoded = encodeJson(value);
  if ('text' in encoded) t.is(canonicalText(value), canonicalJson(encoded.text));
  else t.pass();
});
