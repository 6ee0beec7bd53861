/**
 * Queries across aggregates, for operators and the programs that serve them: `maestro-store/admin`. Applications read
 * their own aggregates through a store.
 */
import '../node-version.js';

export { aggregateIds, sampleOfIds } from './aggregate-ids.js';
export { aggregateCursor } from './aggregates/cursor.js';
export type { AggregateFilter, AggregateOrder, AggregateSummary } from './aggregates/summary.js';
export { databaseTime } from './database-time.js';
export { diagnose, type DiagnosisOptions } from './diagnose.js';
export type { Finding } from './diagnosis/finding.js';
export { earlierClocks, type EarlierClocks } from './earlier-clocks.js';
export {
  EraseInterruptedError,
  type EraseOptions,
  EraseRefusedError,
  type Erasure,
  type ErasurePlan,
  eraseAggregate,
  erasedEvents,
  planErasure,
} from './erase-aggregate.js';
export type { EventLog } from './event-log.js';
export { exportLog, type ExportOptions, type WholeLog } from './export-log.js';
export { type EventHead, findEvent, type FoundEvent, type Neighbours, neighbours } from './find-event.js';
export { ImportInterruptedError, importLog, type ImportOptions, type ImportReport } from './import-log.js';
export { assertJsonPath, InvalidJsonPathError } from './json-path.js';
export { listAggregates } from './list-aggregates.js';
export type { LogPosition } from './log-position.js';
export {
  type AggregateCount,
  type AggregateStatistics,
  aggregateStatistics,
  type GroupStatistics,
  type LogSize,
  logSize,
  type LogStatistics,
  logStatistics,
  type PartitionStatistics,
  partitionStatistics,
  type QuarterStatistics,
  quarterStatistics,
  type TypeStatistics,
  typeStatistics,
} from './log-statistics.js';
export { type EventSearch, searchEvents } from './search-events.js';
export { statesThatHold } from './states-that-hold.js';
export {
  deleteSnapshot,
  replaceSnapshot,
  type SnapshotHead,
  snapshotHead,
  storedSnapshots,
} from './stored-snapshots.js';
export { tailEvents, type TailOptions } from './tail-events.js';
export { type Footer as ExportFooter, InvalidExportError } from './transfer/format.js';
export type { ExportLine } from './transfer/read-export.js';
export { ImportConflictError } from './transfer/settle.js';
export type { Checked } from './verify/checked.js';
export type { Violation } from './verify/violations.js';
export { verifyLog, type VerifyOptions } from './verify-log.js';
