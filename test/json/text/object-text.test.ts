import { fc, testProp } from '@fast-check/ava';
import test from 'ava';
import { objectText, RawJson } from '../../../src/json/text/object-text.js';
import { eventJson, eventMembers } from '../../../src/store/read/stored-json.js';
import { anEvent, anId } from '../../support/data/factories.js';

testProp(
  'an object without raw members is written as JSON.stringify writes it',
  [fc.dictionary(fc.string(), fc.anything({ withDate: true }))],
  (t, object) => {
    t.is(objectText(object), JSON.stringify(object));
  },
);

test('a raw member stands in it as it is, whatever its digits and spaces, and what is undefined is left out', (t) => {
  const text = '{"a": 1.500000000000000000001,  "a": [1e400]}';
  t.is(
    objectText({ before: 1, raw: new RawJson(text), none: undefined, after: [null] }),
    `{"before":1,"raw":${text},"after":[null]}`,
  );
  t.is(objectText({}), '{}');
});

test('the members of an event make the text that is written by hand', (t) => {
  const event = { ...anEvent(anId()), type: 'a "type"\u2028', body: '{"n": 1.50}' };
  t.is(objectText(eventMembers(event)), eventJson(event));
});
