import test from 'ava';
import { matchJsonPath } from '../../../src/admin/search-events/match-json-path.js';
import { useTestDatabase } from '../../support/database.js';

const server = useTestDatabase(test, { migrated: false });

/** States as JSON texts, a path, and for which of them it holds. */
const CASES: readonly (readonly [path: string, states: readonly string[], held: readonly boolean[]])[] = [
  ['$.n > 3', ['{"n": 3}', '{"n": 4}', '{"n": "4"}', '{"n": [1, 9]}', '{}'], [false, true, false, true, false]],
  [
    '$.n',
    ['{"n": 0}', '{"n": ""}', '{"n": false}', '{"n": null}', '{}', '[]', '7'],
    [true, true, false, false, false, false, false],
  ],
  ['strict $.n.m == 1', ['{}', '{"n": 1}', '{"n": {"m": 1}}'], [false, false, true]],
  ['$.tags[*] ? (@ == "a,b]")', ['{"tags": ["a,b]"]}', '{"tags": []}'], [true, false]],
  ['$.n == 9007199254740993', ['{"n": 9007199254740993}', '{"n": 9007199254740992}'], [true, false]],
  ['$', [], []],
];

for (const [path, states, held] of CASES)
  test(`${path} holds for ${JSON.stringify(states)} as PostgreSQL says`, async (t) => {
    t.deepEqual(await matchJsonPath(server, path, states), held);
  });
