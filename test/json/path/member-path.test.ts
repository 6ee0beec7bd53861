import { fc, testProp } from '@fast-check/ava';
import test from 'ava';
import { memberPath, memberPathText } from '../../../src/json/path/member-path.js';

testProp(
  'the text of a path is read back as its keys, whatever they are',
  [fc.array(fc.oneof(fc.string(), fc.constantFrom('customer', '$metadata', 'a.b', '"', '')), { minLength: 1 })],
  (t, keys) => {
    t.deepEqual(memberPath(memberPathText(keys)), keys);
  },
);

test('keys are written as a jsonpath has them, and nothing but keys is read', (t) => {
  t.deepEqual(memberPath(' $.owner."full name".größe '), ['owner', 'full name', 'größe']);
  t.is(memberPathText(['$metadata', 'tenant']), '$."$metadata".tenant');
  for (const text of ['', '$', 'customer', '$.', '$..a', '$.a[*]', '$.a == 1', '$.a.*', '$.a."b', '$.1', '$.a ? (@ == 1)', '@.a', '$.a.size()', String.raw`$."\x"`])
    t.is(memberPath(text), undefined, text); // prettier-ignore
});
