import type { CommittedEvent } from '../../events.js';
import type { CommitContent } from './commit-content.js';
import type { CommitContext } from './commit-context.js';
import type { MovingCommit } from './insert-moving.js';
import { inInsertionOrder } from './insertion-order.js';
import { type CommitProjections, POSITIONED } from './positioned-projection.js';
import { committedEvents, type EncodedEvent } from './validate.js';

/** Characters of JSON in one statement at most; a larger commit takes several statements of one transaction. */
const MAX_STATEMENT_LENGTH = 32 * 1024 * 1024;

/** A commit with all that belongs to its transaction. */
export interface WholeCommit extends MovingCommit {
  /** The events as the store returns them: by sequence. */
  readonly committed: CommittedEvent[];
  readonly projections: CommitProjections;
}

/** The commit of events and their command; `isInside` a transaction of the application. */
export function wholeCommit(
  { events, command }: CommitContent,
  projections: CommitProjections,
  isInside: boolean,
): WholeCommit {
  const parts = events.length === 0 ? [[]] : splitByLength(inInsertionOrder(events));
  return { events, parts, committed: committedEvents(events), projections, command, isInside };
}

/** True for a commit that is one statement: without projections, small enough, and not to be verified. */
export function isSmall({ verifyWrites }: CommitContext, { projections, parts }: WholeCommit): boolean {
  const { functions, positioned } = projections;
  return functions.length === 0 && positioned.length === 0 && !verifyWrites && parts.length === 1;
}

/** Sees to it that the database knows the projections of a commit that have positions. */
export async function prepareProjections(context: CommitContext, { positioned }: CommitProjections): Promise<void> {
  for (const { [POSITIONED]: inline } of positioned) await inline.prepare(context.knex, context);
}

function splitByLength(events: readonly EncodedEvent[]): EncodedEvent[][] {
  const parts: EncodedEvent[][] = [];
  let length = Number.POSITIVE_INFINITY;
  for (const event of events) {
    length += event.json.length;
    if (length > MAX_STATEMENT_LENGTH) {
      parts.push([]);
      length = event.json.length;
    }
    parts.at(-1)?.push(event);
  }
  return parts;
}
