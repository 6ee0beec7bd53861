import { fieldsOf } from './driver-fields.js';

/** The functions of Citus that hand on what happened on the way to a node, or what the node said. */
const OF_A_NODE = /^Report(?:Connection|Result)Error$/;
/** Codes of connections that broke, or that the node ended; XX000 is what libpq has no code for, when an answer did not come. */
const BROKEN = new Set(['08000', '08003', '08006', '57P01', '57P02', '57P04', 'XX000']);
/** A question that libpq asks only when it could not connect. In another language than English, the connection counts as broken. */
const NOT_CONNECTED = /Is the server running/;

/** The function of Citus that ends a transaction whose COMMIT the node of its rows did not answer. */
const COMMIT_UNANSWERED = 'ErrorIfPostCommitFailedShardPlacements';

/**
 * True when a node of a Citus cluster failed under a statement, or under the COMMIT of its transaction: either may have taken effect. The
 * connection to the node that was asked can still be used.
 */
export function isNodeLost(error: unknown): boolean {
  const { code = '', routine = '' } = fieldsOf(error);
  if (code === 'XX000' && routine === COMMIT_UNANSWERED) return true;
  return BROKEN.has(code) && OF_A_NODE.test(routine) && !isNodeUnreachable(error);
}

/** True when a node of a Citus cluster did not take a connection, so no statement was sent to it. */
export function isNodeUnreachable(error: unknown): boolean {
  const { code, routine, message = '' } = fieldsOf(error);
  return code === '08006' && routine === 'ReportConnectionError' && NOT_CONNECTED.test(message);
}

/**
 * True when a statement that goes to all nodes of a Citus cluster, such as `LOCK TABLE`, failed on one. The reason is told as a warning
 * only, and by a savepoint the transaction goes on.
 */
export function isRefusedByNode(error: unknown): boolean {
  const { code, routine } = fieldsOf(error);
  return code === 'XX000' && routine === 'MarkRemoteTransactionFailed';
}

/**
 * True when a Citus cluster had planned a statement for a shard that has been replaced since, as when a table is spread while it is used.
 * Nothing was done, and the same statement is planned anew.
 */
export function isReplacedShard(error: unknown): boolean {
  const { code, routine } = fieldsOf(error);
  return code === 'XX000' && routine === 'LookupShardRelationFromCatalog';
}
