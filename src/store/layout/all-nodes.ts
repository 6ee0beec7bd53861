import type { Executor } from '../driver/driver.js';
import { DatabaseUnreachableError } from '../errors.js';
import { query } from '../read/rows.js';

/**
 * The answers of all nodes of a cluster to a query for texts, without bindings: each after the number of its node, since what it names is of
 * that node. Throws where a node cannot be asked, for what is not known cannot be ruled out.
 */
export async function askAllNodes(on: Executor, sql: string): Promise<string[]> {
  const command = `SELECT coalesce(json_agg(answer), '[]'::json)::text FROM (${sql}) AS asked (answer)`;
  const rows = await query<[node: number, isDone: boolean, result: string]>(
    on,
    'SELECT nodeid, success, result FROM run_command_on_all_nodes(?::text)',
    [command],
  );
  return rows.flatMap(([node, isDone, result]) => {
    if (!isDone) throw new DatabaseUnreachableError(`Node ${node} of the cluster cannot be asked: ${result}`);
    return (JSON.parse(result) as string[]).map((answer) => `${node} ${answer}`);
  });
}
