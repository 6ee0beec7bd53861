import type { EventLog } from '../log/event-log.js';
import { checkClock, checkNewest, checkNodes } from './clocks.js';
import { checkCluster } from './cluster.js';
import type { ComparisonBound } from './compare-positions.js';
import type { Finding } from './finding.js';
import { checkIndexes } from './indexes.js';
import { checkInterop } from './interop.js';
import { checkLayoutChange } from './layout-change.js';
import { checkProjections } from './projections.js';
import { checkAccess, checkMayMigrate, checkRights } from './rights.js';
import { checkRowSecurity } from './row-security.js';
import { checkSearchPath } from './search-path.js';
import { checkTables } from './schema.js';
import { checkConnections, checkEncryption, checkVersion, checkWritable } from './server.js';
import { checkDurability, checkSettings } from './settings.js';

/** Known facts about the database. */
export interface DiagnosisOptions {
  /** True for the embedded database: it has one process, and settings that nobody can change. */
  readonly embedded: boolean;
  /** True when the server is on this machine. @defaultValue true when the server sees the connection come from its own machine */
  readonly isLocal?: boolean | undefined;
  /** Bound for comparing the positions of projections with the log. @defaultValue 10 seconds */
  readonly comparison?: ComparisonBound | undefined;
}

/**
 * Checks a database: version, encryption, rights of the role, tables, clocks, and settings with which events could be
 * lost. Yields one finding for each check, with a remedy where one is needed. Changes nothing. Throws when the database
 * cannot be reached.
 */
export async function* diagnose(
  log: EventLog,
  { embedded, isLocal, comparison }: DiagnosisOptions,
): AsyncGenerator<Finding> {
  yield await checkVersion(log);
  if (!embedded) {
    yield await checkEncryption(log, isLocal);
    yield await checkWritable(log);
    yield await checkConnections(log);
    yield* await checkSearchPath(log);
  }
  yield* checkContents(log, embedded, comparison);
  if (embedded) return;
  yield* await checkCluster(log);
  yield await checkClock(log);
  yield* await checkDurability(log);
  yield* await checkSettings(log);
}

/** The checks whose result depends on the rights of the role. */
async function* checkContents(
  log: EventLog,
  embedded: boolean,
  comparison: ComparisonBound | undefined,
): AsyncGenerator<Finding> {
  const closed = await checkAccess(log);
  if (closed !== undefined) {
    yield closed;
    return;
  }
  const tables = await checkTables(log);
  yield tables;
  if (tables.status === 'failure') {
    if (!embedded) yield await checkMayMigrate(log);
    return;
  }
  const rights = await checkRights(log);
  yield rights;
  const hidden = await checkRowSecurity(log);
  yield* hidden;
  if (rights.status !== 'failure' && hidden.every(({ status }) => status !== 'failure')) {
    yield await checkNewest(log);
    yield await checkNodes(log);
    yield* await checkProjections(log, comparison);
  }
  yield* await checkIndexes(log);
  yield* await checkLayoutChange(log);
  const interop = await checkInterop(log);
  if (interop !== undefined) yield interop;
}
