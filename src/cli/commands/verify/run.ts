import { tablesReplaced } from '../../../admin/log/complete-log.js';
import type { VerifyProgress } from '../../../admin/verify-log/verify-progress.js';
import { isAggregateStored, verifyLog } from '../../../admin/verify-log/verify-log.js';
import type { Violation } from '../../../admin/verify-log/violations.js';
import { timeSpan } from '../../../hlc/time-span.js';
import { Timestamp } from '../../../hlc/timestamp.js';
import type { Interop } from '../../../store/commit/interop.js';
import { missingText } from '../../../folding/gaps.js';
import { NotFoundError } from '../../errors.js';
import { DONE, type ExitCode, FOUND } from '../../exit-codes.js';
import type { IdArgument } from '../../input/id-argument.js';
import { resolveAggregateId } from '../../input/resolve-id.js';
import { printFindings } from '../../output/print-findings.js';
import { counted, decimal } from '../../../text/figures.js';
import { withDatabase } from '../../database/with-database.js';
import type { Invocation } from '../../invocation.js';

/** The options of `maestro verify`. */
export interface VerifyCommandOptions {
  readonly since?: number;
  readonly interop?: Interop;
}

/** Checks the log, and exits with 1 when anything is found. */
export async function run(
  argument: IdArgument | undefined,
  { since, interop }: VerifyCommandOptions,
  invocation: Invocation,
): Promise<ExitCode> {
  const { output } = invocation;
  return await withDatabase(invocation, async (database) => {
    const id = argument && (await resolveAggregateId(invocation, database, argument));
    if (id !== undefined && !(await isAggregateStored(database, id)))
      throw new NotFoundError(`There is no event and no snapshot of ${id.hex}.`, {
        hint: 'Check the id, the database (--url, --data-dir) and the schema (--schema).',
      });
    for (const { table, kind } of await tablesReplaced(database))
      await output.warn(`${table} is a ${kind}, not a table: only the rows that it shows are checked.`);
    let checked: VerifyProgress = { events: 0, aggregates: 0, snapshots: 0, positions: 0 };
    const reading = id === undefined && since === undefined ? 'Reading the whole log' : 'Reading';
    const onProgress = (now: VerifyProgress) => {
      checked = now;
      output.progress.report(`${reading}: ${decimal(now.events)} events checked`);
    };
    const log = { ...database, interop: interop ?? database.interop };
    const found = await printFindings(verifyLog(log, { aggregateId: id, since, onProgress }), output, {
      name: 'violations',
      checked: () => checked,
      checkedText: () => checkedText(checked),
      id: (violation) => violation.aggregateId,
      json: (violation) => violation,
      columns: [
        { heading: 'AGGREGATE', value: (violation) => violation.aggregateId, isId: true },
        { heading: 'SEQUENCE', value: (violation) => String(violation.sequence), align: 'right' },
        { heading: 'VIOLATION', value: describe, paint: (text) => output.style.bad(text), least: 12, wraps: true },
      ],
    });
    return found ? FOUND : DONE;
  });
}

function checkedText({ events, aggregates, snapshots, positions }: VerifyProgress): string {
  const text = `${counted(events, 'event')} of ${counted(aggregates, 'aggregate')}`;
  if (positions === 0) return `${text}, and ${counted(snapshots, 'snapshot')}`;
  return `${text}, ${counted(snapshots, 'snapshot')}, and ${counted(positions, 'position')} of projections`;
}

function describe(violation: Violation): string {
  switch (violation.kind) {
    case 'first sequence':
      return 'first sequence: the history does not begin with 1';
    case 'gap':
      return `gap: ${missingText(violation.before, violation.sequence)}`;
    case 'clock inversion':
      return `clock inversion: ${clock(violation.timestamp)} is not later than ${clock(violation.clock)} of the event before${apart(violation.nodes)}`;
    case 'future timestamp':
      return `future timestamp: ${clock(violation.timestamp)} is ${timeSpan(violation.milliseconds)} ahead of the database's clock, by node ${violation.node}`;
    case 'id length':
      return `id length: the ${violation.of === 'snapshot' ? 'id of the snapshot' : violation.of} is not 16 bytes long`;
    case 'shared timestamp':
      return `shared timestamp: another event has ${clock(violation.timestamp)} too`;
    case 'snapshot ahead':
      return `snapshot ahead: the last event is ${violation.last}`;
    case 'snapshot of missing events':
      return `snapshot of missing events: the history begins with ${violation.first}`;
    case 'unreadable body':
      return `unreadable body of the ${violation.of}: ${violation.path === '' ? 'it' : violation.path} ${violation.problem}`;
    case 'snapshot without events':
      return 'snapshot without events: the log has none of this aggregate';
    case 'position ahead':
      return `position ahead: ${violation.projection} has taken in ${violation.sequence}, and the last event is ${violation.last}`;
    case 'position at a missing event':
      return `position at a missing event: ${violation.projection} has taken it in, and the log has none with this sequence`;
    case 'position without events':
      return `position without events: ${violation.projection} has taken in what the log has nothing of`;
    case 'no copy':
      return `no copy: a row of the table of ${violation.of} is of copy ${violation.copy} of a projection, which is not there`;
  }
}

function apart({ ahead, behind, milliseconds }: (Violation & { kind: 'clock inversion' })['nodes']): string {
  if (ahead === behind) return `: the clock of node ${behind} ran backwards, by ${timeSpan(milliseconds)} or more`;
  return `: node ${ahead} was ahead of node ${behind} by ${timeSpan(milliseconds)} or more`;
}

function clock(hex: string): string {
  return hex.length === 32 ? Timestamp.parse(hex).toString() : `\\x${hex}`;
}
