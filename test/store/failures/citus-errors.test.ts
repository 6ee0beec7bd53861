import test from 'ava';
import { withJsonPathErrors } from '../../../src/admin/search-events/json-path.js';
import {
  isConnectionLost,
  isDeadlock,
  isOwnConnectionLost,
  isRefusedCopy,
  isUniqueViolation,
  isUnknownStatement,
  isUnreachable,
} from '../../../src/store/driver/driver-error.js';
import { isRefusedByNode } from '../../../src/store/driver/node-failure.js';
import { storeError } from '../../../src/store/failures/database-errors.js';
import { CITUS_ERRORS, recordedError } from '../../support/data/citus-errors.js';

/** Each meaning that a commit looks for. */
const MEANINGS = {
  isRefusedByNode,
  isDeadlock,
  isRefusedCopy,
  isUniqueViolation,
  isConnectionLost,
  isOwnConnectionLost,
  isUnknownStatement,
  isUnreachable,
};

/** Meaning of each recorded error to a commit, and the code of the error that others get. */
const EXPECTED: Readonly<Record<string, readonly [meanings: (keyof typeof MEANINGS)[], code: string]>> = {
  'a sequence that is taken, by COPY': [['isRefusedCopy'], 'MAESTRO_DATABASE'],
  'a timestamp that is taken, by COPY': [['isRefusedCopy'], 'MAESTRO_DATABASE'],
  'a sequence below 1, by COPY': [['isRefusedCopy'], 'MAESTRO_DATABASE'],
  'a sequence that is taken, by VALUES': [['isUniqueViolation'], 'MAESTRO_DATABASE'],
  'a timestamp that is taken, by VALUES': [['isUniqueViolation'], 'MAESTRO_DATABASE'],
  'a command that was carried out, by VALUES': [['isUniqueViolation'], 'MAESTRO_DATABASE'],
  'a lock that a worker waited for too long, by VALUES': [[], 'MAESTRO_TIMEOUT'],
  'a lock that a worker waited for too long, by COPY': [['isRefusedCopy'], 'MAESTRO_DATABASE'],
  'a deadlock, by VALUES': [['isDeadlock'], 'MAESTRO_DATABASE'],
  'a deadlock, by COPY': [['isDeadlock'], 'MAESTRO_DATABASE'],
  'a subquery that no cluster can spread': [[], 'MAESTRO_DATABASE'],
  'rows locked over several shards': [[], 'MAESTRO_DATABASE'],
  'EXISTS of nothing': [[], 'MAESTRO_DATABASE'],
  'a jsonpath that PostgreSQL does not support, on the coordinator': [[], 'MAESTRO_DATABASE'],
  'a jsonpath that PostgreSQL does not support, on a worker': [[], 'MAESTRO_DATABASE'],
  'DDL on a worker': [[], 'MAESTRO_DATABASE'],
  'a node that is away': [['isUnreachable'], 'MAESTRO_UNREACHABLE'],
  'a node that went away under a statement': [['isConnectionLost'], 'MAESTRO_CONNECTION_LOST'],
  'a node that ended the session': [['isConnectionLost'], 'MAESTRO_CONNECTION_LOST'],
  'a node that did not answer a PREPARE TRANSACTION': [['isConnectionLost'], 'MAESTRO_CONNECTION_LOST'],
  'a node that did not lock a table in time': [['isRefusedByNode'], 'MAESTRO_DATABASE'],
  'a node that did not answer a COMMIT': [['isConnectionLost'], 'MAESTRO_CONNECTION_LOST'],
};

test('every recorded error of a Citus cluster has its meaning', (t) => {
  const found = Object.keys(CITUS_ERRORS).map((what) => {
    const error = recordedError(what);
    const meanings = Object.entries(MEANINGS).flatMap(([name, means]) => (means(error) ? [name] : []));
    return [what, [meanings, storeError(error).code]];
  });
  t.deepEqual(Object.fromEntries(found), EXPECTED);
});

for (const [what, isAboutThePath] of [
  ['a subquery that no cluster can spread', false],
  ['rows locked over several shards', false],
  ['a jsonpath that PostgreSQL does not support, on the coordinator', true],
  ['a jsonpath that PostgreSQL does not support, on a worker', true],
] as const)
  test(`a search is told that ${isAboutThePath ? 'its jsonpath is none' : 'the statement failed'}: ${what}`, async (t) => {
    const error = await t.throwsAsync(withJsonPathErrors('$.n', Promise.reject(recordedError(what))));
    t.is((error as Error & { code: string }).code, isAboutThePath ? 'MAESTRO_INVALID_JSON_PATH' : '0A000');
  });
