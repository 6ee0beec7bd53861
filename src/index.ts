import './node-version.js';
export type { Knex } from 'knex';
export { type Aggregates, type AggregatesOf, openAggregates } from './aggregate/aggregates.js';
export { type AggregateDescription, defineAggregate } from './aggregate/definition/define-aggregate.js';
export type {
  Aggregate,
  AggregateProjection,
  ProjectionByType,
  Ownership,
  Upcaster,
} from './aggregate/definition/definition.js';
export type { SnapshotPolicy, SnapshotPolicyFor } from './aggregate/definition/snapshot-policy.js';
export {
  AlreadyTakenError,
  CommandAnswerLostError,
  CommandIdReusedError,
  EventSchemaError,
  HandlerError,
  type HandlerRef,
  IncompleteHistoryError,
  InvalidHandlerError,
  RetryLimitError,
} from './aggregate/errors.js';
export type {
  EvaluateOptions,
  Evaluation,
  EvaluationPart,
  EvaluationValue,
  StateWithSequence,
} from './aggregate/evaluation.js';
export type { AggregatesOptions, IdlePolicy } from './aggregate/options.js';
export { claim, release } from './aggregate/projections.js';
export { type Rejection, reject } from './aggregate/fold/rejection.js';
export { SnapshotIgnoredError, SnapshotLossError } from './aggregate/snapshot/errors.js';
export type {
  AggregateTypes,
  CommandHandler,
  CommandOf,
  CommandTypes,
  CommandTypesOf,
  DecisionTools,
  DraftOf,
  EventBodies,
  EventHandlers,
  EventOf,
  EventSchemas,
  HandledBodies,
  HandledOf,
} from './aggregate/definition/types.js';
export { defineConfig, type MaestroConfig } from './configuration.js';
export type { Database } from './connection/database.js';
export {
  ConfigurationError,
  EmbeddedCorruptError,
  FileLockError,
  EmbeddedDatabaseBusyError,
  EmbeddedFolderError,
  EmbeddedResourcesError,
} from './connection/errors.js';
export { type OpenOptions, openDatabase } from './connection/open-database.js';
export type { PoolOptions } from './connection/server/pool-options.js';
export type { ConnectionChoice, ConnectionConfig } from './connection/settings.js';
export { type ErrorCode, InvalidArgumentError, MaestroError } from './errors.js';
export type {
  CommittedEvent,
  EventRef,
  NewEvent,
  NewSnapshot,
  Snapshot,
  StoredEvent,
  StoredSnapshot,
} from './events.js';
export { MAX_SEQUENCE, MAX_TYPE_LENGTH, METADATA_KEY } from './events.js';
export { Clock, type ClockOptions } from './hlc/clock.js';
export { ClockDriftError, InvalidTimestampError } from './hlc/errors.js';
export { Timestamp, type TimestampParts } from './hlc/timestamp.js';
export { ExactNumber } from './json/exact-number.js';
export type { JsonObject, JsonValue, NumberMode } from './json/types.js';
export { defineProjection, type ProjectionDescription } from './projection/define-projection.js';
export { defineSubscription, type SubscriptionDescription } from './projection/define-subscription.js';
export type {
  AnyProjection,
  HandledEvent,
  Handlers,
  ProjectionHandler,
  ReadModelDefinition,
  StartAt,
  SubscriptionContext,
  SubscriptionDefinition,
  SubscriptionHandler,
} from './projection/definition.js';
export type { ParkedReason } from './projection/apply/parked.js';
export type { SwitchBlocker } from './projection/rebuild/switch-blockers.js';
export { DependentObjectsError, ReadModelSetUpError } from './projection/copies/errors.js';
export {
  EventParkedError,
  OlderProjectionError,
  RebuildBlockedError,
  SlowHandlerError,
  WorkerFailedError,
} from './projection/worker/errors.js';
export type { ProjectedDatabase, ProjectionProgress, RunProjectionsOptions } from './projection/worker/options.js';
export { type ProjectionWorker, runProjections } from './projection/worker/run-projections.js';
export type {
  BatchHandler,
  HandlersByType,
  ProjectedEvent,
  ProjectedType,
  ProjectionDefinition,
  SomeAggregates,
  TypedHandlers,
} from './projection/types.js';
export type { ComparedTable, TableDifference } from './projection/verify/compare-table.js';
export type { FoldFailure } from './projection/verify/fold-aside.js';
export {
  type ProjectionVerification,
  verifyProjection,
  type VerifyProjectionOptions,
} from './projection/verify/verify-projection.js';
export type { Result } from './result.js';
export { type AppendOptions, appendEvents, type EventDraft } from './store/append.js';
export {
  ConnectionLostError,
  DatabaseClosedError,
  DatabaseError,
  DatabaseFullError,
  DatabaseStoppedError,
  DatabaseTimeoutError,
  DatabaseUnreachableError,
  DuplicateTimestampError,
  InvalidEventError,
  InvalidSnapshotError,
  LoginRefusedError,
  NotMigratedError,
  OutcomeUnknownError,
  PermissionDeniedError,
  PoolExhaustedError,
  ProjectionError,
  type ProjectionFailure,
  ProjectionsUnsupportedError,
  SequenceConflictError,
  SerializationError,
  type ValidationIssue,
  WriteMismatchError,
} from './store/errors.js';
export type { JoinOptions } from './store/transactions/joined.js';
export { MaestroMigrationSource } from './store/migrate/knex-migration-source.js';
export type { Interop } from './store/commit/interop.js';
export type { EventPlace, LastEvent } from './store/read/last-event.js';
export { MemoryStore, type MemoryStoreOptions } from './store/memory-store.js';
export {
  DatabaseNewerError,
  ForeignSchemaError,
  LayoutChangeRefusedError,
  LayoutMismatchError,
  MigrationLockError,
  RollbackRefusedError,
} from './store/migrate/migration-errors.js';
export type { Conversion } from './store/migrate/citus/online/conversion.js';
export { type MigrationStatus, type MigrationStepStatus, migrationStatus } from './store/migrate/migration-status.js';
export {
  addMetadataIndex,
  addPathIndex,
  dropMetadataIndex,
  dropPathIndex,
  type IndexOptions,
  type IndexReport,
  type MetadataIndexOptions,
  metadataIndexSql,
} from './store/migrate/log-index/change-index.js';
export {
  type IndexState,
  type MetadataIndex,
  metadataIndexes,
  type PathIndex,
  pathIndexes,
} from './store/migrate/log-index/read-indexes.js';
export {
  type CancelReport,
  cancelLayoutChange,
  changeLayout,
  type LayoutReport,
} from './store/migrate/relayout/change-layout.js';
export type { LogDigest } from './store/migrate/relayout/compare.js';
export type { LayoutOptions } from './store/migrate/relayout/options.js';
export { type LayoutEstimate, type LayoutPlan, planLayout } from './store/migrate/relayout/plan-layout.js';
export type { MigrateOptions } from './store/migrate/migrate-options.js';
export { type MigrationReport, migrate, migrationSql } from './store/migrate/migrator.js';
export { PostgresStore } from './store/postgres-store.js';
export type { PostgresStoreOptions, StoredEventOptions } from './store/postgres-store-options.js';
export { MAX_COMMAND_ID_LENGTH, type NewCommand } from './store/commit/commit-content.js';
export { type RollbackReport, rollback } from './store/migrate/rollback.js';
export type {
  CarriedOutCommand,
  CommandCommitResult,
  CommitResult,
  EventReadOptions,
  LastEventOptions,
  CommitProjection,
  PositionedProjection,
  Projection,
  ReadOptions,
  Store,
} from './store/store.js';
