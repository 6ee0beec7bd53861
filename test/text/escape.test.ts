import { fc, testProp } from '@fast-check/ava';
import test from 'ava';
import { escapeJson, escapeText } from '../../src/text/escape.js';
import { codePoints } from '../support/data/arbitraries.js';

/** The characters that must not reach a terminal, spelled out: [first, last]. */
const UNSAFE: readonly (readonly [first: number, last: number])[] = [
  [0x00, 0x1f], // C0: escape, carriage return, backspace, tab, line feed
  [0x7f, 0x9f], // DEL and C1, of which U+009B and U+009D start sequences as ESC [ and ESC ] do
  [0xad, 0xad], // soft hyphen
  [0x61c, 0x61c], // Arabic letter mark
  [0x200b, 0x200b], // zero width space
  [0x200e, 0x200f], // left-to-right and right-to-left mark
  [0x2028, 0x202e], // line and paragraph separator, embeddings and overrides
  [0x2060, 0x2064], // word joiner, invisible operators
  [0x2066, 0x206f], // isolates, deprecated format characters
  [0xfeff, 0xfeff], // byte order mark
  [0xfff9, 0xfffb], // interlinear annotation
  [0xe0001, 0xe0001], // language tag
  [0xe0020, 0xe007f], // tags
];
const unsafePattern = new RegExp(
  `[${UNSAFE.map(([first, last]) => `\\u{${first.toString(16)}}-\\u{${last.toString(16)}}`).join('')}]|\\p{Cs}`,
  'u',
);
const unsafeWithinJson = new RegExp(`(?!\\n)(?:${unsafePattern.source})`, 'u');

const unsafeCharacters = fc.oneof(
  ...UNSAFE.map(([min, max]) => fc.integer({ min, max }).map((code) => String.fromCodePoint(code))),
);
const loneSurrogates = fc.integer({ min: 0xd800, max: 0xdfff }).map((code) => String.fromCharCode(code));
const wellFormed = fc
  .array(fc.oneof(unsafeCharacters, fc.string({ unit: codePoints() }), fc.string()), { maxLength: 20 })
  .map((parts) => parts.join(''));
const anyText = fc.array(fc.oneof(wellFormed, loneSurrogates), { maxLength: 10 }).map((parts) => parts.join(''));

testProp('escapeText leaves no character that a terminal would act on', [anyText], (t, text) => {
  t.notRegex(escapeText(text), unsafePattern);
});

testProp('escapeText leaves text without such characters as it is', [fc.string({ unit: codePoints() })], (t, text) => {
  const safe = text.replace(/\p{C}|\p{Zl}|\p{Zp}/gu, '');
  t.is(escapeText(safe), safe);
});

testProp('escapeText never makes one text of two', [anyText, anyText], (t, a, b) => {
  const [x, y] = [a, b].map((text) => text.replaceAll('\\', '')) as [string, string];
  t.is(escapeText(x) === escapeText(y), x === y);
});

testProp(
  'escapeJson means the same and leaves no character that a terminal would act on',
  [fc.jsonValue({ stringUnit: codePoints() }), fc.dictionary(wellFormed, wellFormed), fc.constantFrom(undefined, 2)],
  (t, json, texts, indent) => {
    const text = JSON.stringify({ json, texts }, undefined, indent);
    const escaped = escapeJson(text);
    t.notRegex(escaped, unsafeWithinJson);
    t.deepEqual(JSON.parse(escaped), JSON.parse(text));
  },
);

test('the escape is the one that JSON writes', (t) => {
  t.is(escapeText('\u001b[2J \u009b1m \u202e \u{e0041}'), '\\u001b[2J \\u009b1m \\u202e \\udb40\\udc41');
});

test('the joiners that Persian and emoji are written with stay', (t) => {
  const text = 'می\u200cخواهم 👩\u200d🚀';
  t.is(escapeText(text), text);
});
