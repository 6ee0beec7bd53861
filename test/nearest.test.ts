import { fc, testProp } from '@fast-check/ava';
import test from 'ava';
import { didYouMean, nearest } from '../src/nearest.js';

const NAMES = ['account', 'bank-account', 'order', 'orders', 'invoice_sent', 'Ünï'];

test('the nearest word is the one with the fewest mistakes, if these are few', (t) => {
  for (const [word, meant] of [
    ['acount', 'account'],
    ['acconut', 'account'],
    ['ACCOUNT', 'account'],
    ['bankaccount', 'bank-account'],
    ['ordres', 'orders'],
    ['invoice', 'invoice_sent'],
    ['ünï', 'Ünï'],
    ['xyz', undefined],
    ['a', undefined],
    ['', undefined],
    ['o'.repeat(10_000), undefined],
  ] as const)
    t.is(nearest(word, NAMES), meant, word);
  t.is(nearest('account', []), undefined);
  t.is(nearest('ord', ['order', 'ordinal']), undefined, 'a beginning of several is none of them');
});

test('the suggestion is a sentence, or nothing', (t) => {
  t.is(didYouMean('acount', NAMES), 'Did you mean account?');
  t.is(didYouMean('nothing like it', NAMES), '');
});

testProp(
  'two letters that were swapped in a word of six or more lead back to it',
  [fc.stringMatching(/^[a-z]{6,12}$/), fc.nat()],
  (t, word, at) => {
    const index = at % (word.length - 1);
    const swapped = word.slice(0, index) + word[index + 1] + word[index] + word.slice(index + 2);
    t.is(nearest(swapped, [word]), word);
  },
);
