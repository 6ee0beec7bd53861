import type { MaestroError } from '../../errors.js';
import { driverMessage } from '../driver/driver-error.js';
import { isNodeLost, isNodeUnreachable } from '../driver/node-failure.js';
import { ConnectionLostError, DatabaseUnreachableError } from '../errors.js';

const HINT = 'Check that all nodes of the cluster run, and try again. Aggregates on other nodes can be used meanwhile.';

/** The error of this library for a node of a Citus cluster that is away or failed; `undefined` for another failure. */
export function nodeFailureError(cause: unknown): MaestroError | undefined {
  const [message] = driverMessage(cause).split('\n');
  if (isNodeUnreachable(cause))
    return new DatabaseUnreachableError(`A node of the Citus cluster cannot be reached: ${message}.`, {
      hint: HINT,
      cause,
    });
  if (isNodeLost(cause))
    return new ConnectionLostError(`A node of the Citus cluster failed under the statement: ${message}.`, {
      hint: HINT,
      cause,
    });
  return undefined;
}
