import type { Executor } from '../../store/driver/driver.js';
import { askAllNodes } from '../../store/layout/all-nodes.js';
import { layoutAt } from '../../store/layout/read-layout.js';
import { traitsOf } from '../../store/layout/traits.js';
import { query } from '../../store/read/rows.js';

/** Answers about sessions to a query for texts, without bindings: of this server, or of all nodes whose sessions may use the tables. */
export async function askSessions(on: Executor, schema: string, sql: string): Promise<string[]> {
  const { sessions } = traitsOf(await layoutAt(on, schema));
  if (sessions === 'on all nodes') return await askAllNodes(on, sql);
  return (await query<[string]>(on, sql)).map(([answer]) => answer);
}
