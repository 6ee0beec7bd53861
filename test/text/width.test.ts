import { fc, testProp } from '@fast-check/ava';
import stringWidth from 'string-width';
import { cut, padEnd, textWidth, wrap } from '../../src/text/width.js';

const printable = fc
  .array(
    fc.oneof(
      fc.string(),
      fc.string({ unit: 'grapheme' }),
      fc.constantFrom('將', '한국어', 'ｆｕｌｌ', '👩‍🚀', '🇩🇪', '❤️', '👍🏽', 'e\u0301', 'z\u0335\u0321\u0322'),
    ),
    { maxLength: 60 },
  )
  .map((parts) => parts.join('').replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, ''));
const columns = fc.integer({ min: 0, max: 120 });

testProp('cut text is never wider than it may be', [printable, columns], (t, text, width) => {
  t.true(stringWidth(cut(text, width)) <= width, JSON.stringify(cut(text, width)));
});

testProp('text that fits is not cut', [printable, columns], (t, text, room) => {
  t.is(cut(text, stringWidth(text) + room), text);
});

testProp('cut text is the beginning and an ellipsis, and no half character', [printable, columns], (t, text, width) => {
  const result = cut(text, width);
  fc.pre(result !== text && width > 0);
  t.is(result.at(-1), '…');
  t.true(text.startsWith(result.slice(0, -1)));
  t.true(result.isWellFormed());
});

testProp('filled text takes exactly the columns it is filled to', [printable, columns], (t, text, room) => {
  const width = textWidth(text) + room;
  t.is(stringWidth(padEnd(text, width)), width);
});

testProp(
  'wrapped text fits, and nothing of it is lost',
  [printable, fc.integer({ min: 4, max: 40 })],
  (t, text, width) => {
    const pieces = wrap(text, width, '  ');
    for (const piece of pieces) t.true(stringWidth(piece) <= width, JSON.stringify(piece));
    const indent = width > 4 ? 2 : 0;
    t.is(pieces.map((piece, index) => (index === 0 ? piece : piece.slice(indent))).join(''), text);
  },
);
