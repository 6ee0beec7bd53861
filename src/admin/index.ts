/**
 * Queries across aggregates, for operators and the programs that serve them: `maestro-store/admin`. Applications read
 * their own aggregates through a store.
 */
import '../node-version.js';

export { aggregateIds, sampleOfIds } from './log/aggregate-ids.js';
export { aggregateCursor } from './list-aggregates/cursor.js';
export type { AggregateFilter, AggregateOrder, AggregateSummary } from './list-aggregates/summary.js';
export { databaseTime } from './log/database-time.js';
export { diagnose, type DiagnosisOptions } from './diagnose/diagnose.js';
export type { Finding } from './diagnose/finding.js';
export { leftOutEvents, type LeftOutEvents } from './find-event/left-out-events.js';
export { eraseAggregate, erasedEvents, type EraseOptions } from './erase-aggregate/erase-aggregate.js';
export { EraseInterruptedError, EraseRefusedError } from './erase-aggregate/errors.js';
export { type Erasure, type ErasurePlan, planErasure } from './erase-aggregate/plan-erasure.js';
export type { ReachedProjection, ReadModelEraser } from './erase-aggregate/read-models.js';
export type { EventLog, NonTransactionalLog } from './log/event-log.js';
export { exportLog, type ExportOptions } from './transfer/export-log.js';
export { type EventHead, findEvent, type FoundEvent, type Neighbours, neighbours } from './find-event/find-event.js';
export { ImportInterruptedError, importLog, type ImportOptions, type ImportReport } from './transfer/import-log.js';
export { assertJsonPath, InvalidJsonPathError } from './search-events/json-path.js';
export { listAggregates } from './list-aggregates/list-aggregates.js';
export type { LogPosition } from './log/log-position.js';
export {
  type AggregateCount,
  type AggregateStatistics,
  aggregateStatistics,
  type GroupStatistics,
  type LogSize,
  logSize,
  type LogStatistics,
  logStatistics,
  type QuarterHourStatistics,
  quarterHourStatistics,
  type TypeStatistics,
  typeStatistics,
} from './log-statistics/log-statistics.js';
export { type PartitionStatistics, partitionStatistics } from './log-statistics/partition-statistics.js';
export { type RememberedCommand, rememberedCommands } from './remembered-commands/list-commands.js';
export {
  planPruning,
  type PruneOptions,
  pruneCommands,
  type PruningPlan,
} from './remembered-commands/prune-commands.js';
export { estimateSearch, type SearchEstimate } from './search-events/estimate-search.js';
export type { EventSearch } from './search-events/event-search.js';
export { searchEvents } from './search-events/search-events.js';
export { matchJsonPath } from './search-events/match-json-path.js';
export {
  deleteSnapshot,
  replaceSnapshot,
  type SnapshotHead,
  snapshotHead,
  storedSnapshots,
} from './log/stored-snapshots.js';
export type { Cause } from './trace-events/cause.js';
export { estimateTrace, type TraceEstimate } from './trace-events/estimate-trace.js';
export { traceEvents, type TracedEvent, type TraceOptions } from './trace-events/trace-events.js';
export { tailEvents, type TailOptions } from './tail-events/tail-events.js';
export { type Footer as ExportFooter, InvalidExportError } from './transfer/export-format.js';
export type { ExportLine } from './transfer/read-export.js';
export { ImportConflictError } from './transfer/merge-staging.js';
export type { VerifyProgress } from './verify-log/verify-progress.js';
export type { Violation } from './verify-log/violations.js';
export { verifyLog, type VerifyOptions } from './verify-log/verify-log.js';
