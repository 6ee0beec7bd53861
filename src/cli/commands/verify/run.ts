import { tablesReplaced } from '../../../admin/log/complete-log.js';
import { describeViolation } from '../../../admin/verify-log/describe-violation.js';
import { nothingVerified, sharedText, verifiedText } from '../../../admin/verify-log/verify-progress.js';
import { isAggregateStored, verifyLog } from '../../../admin/verify-log/verify-log.js';
import type { Interop } from '../../../store/commit/interop.js';
import { NotFoundError } from '../../errors.js';
import { DONE, type ExitCode, FOUND } from '../../exit-codes.js';
import type { IdArgument } from '../../input/id-argument.js';
import { resolveAggregateId } from '../../input/resolve-id.js';
import { printFindings } from '../../output/print-findings.js';
import { decimal } from '../../../text/figures.js';
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
    let checked = nothingVerified();
    const reading = id === undefined && since === undefined ? 'Reading the whole log' : 'Reading';
    const onProgress = (now: typeof checked) => {
      checked = now;
      output.progress.report(`${reading}: ${decimal(now.events)} events checked`);
    };
    const log = { ...database, interop: interop ?? database.interop };
    const found = await printFindings(verifyLog(log, { aggregateId: id, since, onProgress }), output, {
      name: 'violations',
      checked: () => checked,
      checkedText: () => verifiedText(checked),
      id: (violation) => violation.aggregateId,
      json: (violation) => violation,
      columns: [
        { heading: 'AGGREGATE', value: (violation) => violation.aggregateId, isId: true },
        { heading: 'SEQUENCE', value: (violation) => String(violation.sequence), align: 'right' },
        {
          heading: 'VIOLATION',
          value: describeViolation,
          paint: (text) => output.style.bad(text),
          least: 12,
          wraps: true,
        },
      ],
    });
    const shared = sharedText(checked);
    if (shared !== undefined) await output.note(shared);
    return found ? FOUND : DONE;
  });
}
