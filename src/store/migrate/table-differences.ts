import { placementDifferences } from './citus/placement.js';
import { shapeDifferences } from './expected-shape.js';
import type { TableName } from './migration.js';
import type { TableShape } from './table-shape.js';

/** The differences of a table from what it ought to be beside the event log, in its shape and its place; a sentence each. */
export function tableDifferences(table: TableName, shape: TableShape, log: TableShape | undefined): string[] {
  return [...shapeDifferences(table, shape), ...placementDifferences(table, shape.distribution, log?.distribution)];
}
