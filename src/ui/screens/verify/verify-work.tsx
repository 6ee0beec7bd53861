import { tablesReplaced } from '../../../admin/log/complete-log.js';
import { nothingVerified, sharedText, verifiedText } from '../../../admin/verify-log/verify-progress.js';
import { isAggregateStored, verifyLog } from '../../../admin/verify-log/verify-log.js';
import type { Timestamp } from '../../../hlc/timestamp.js';
import { counted } from '../../../text/figures.js';
import type { UiContext } from '../../context.js';
import { PageError } from '../../page-error.js';
import type { RunWork } from '../../runs/run.js';
import { ViolationLine } from './violation-line.js';

/** Events in one statement: fewer than the command takes, so that a page tells more often how far it is. */
const PAGE_EVENTS = 100_000;

/** The part of the log to verify. */
export interface VerifiedPart {
  readonly aggregateId: Timestamp | undefined;
  /** Milliseconds since 1970. */
  readonly since: number | undefined;
}

/** Verifies a part of the log. */
export function verifyWork({ log }: UiContext, { aggregateId, since }: VerifiedPart): RunWork {
  return async ({ progress, finding }) => {
    if (aggregateId !== undefined && !(await isAggregateStored(log, aggregateId)))
      throw new PageError(404, `There is no event and no snapshot of ${aggregateId.hex}.`, {
        hint: 'Check the id, and whether this is the database that you mean, and its schema.',
      });
    const notes = (await tablesReplaced(log)).map(
      ({ table, kind }) => `${table} is a ${kind}, not a table: only the rows that it shows are checked.`,
    );
    let checked = nothingVerified();
    let found = 0;
    const onProgress = (now: typeof checked) => {
      checked = now;
      progress(`Reading: ${counted(now.events, 'event')} checked`);
    };
    const pageEvents = since === undefined ? { pageEvents: PAGE_EVENTS } : {};
    for await (const violation of verifyLog(log, { aggregateId, since, onProgress, ...pageEvents })) {
      found += 1;
      if (!(await finding(<ViolationLine violation={violation} />))) break;
    }
    const shared = sharedText(checked);
    if (shared !== undefined) notes.push(`${shared[0]?.toUpperCase()}${shared.slice(1)}.`);
    const result = found === 0 ? 'No violation' : counted(found, 'violation');
    return { good: found === 0, text: `${result}: checked ${verifiedText(checked)}.`, notes };
  };
}
