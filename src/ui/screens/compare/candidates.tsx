import type { EventHead } from '../../../admin/find-event/find-event.js';
import type { Timestamp } from '../../../hlc/timestamp.js';
import { AggregateLine } from '../../parts/aggregate-line.js';
import { compareAddress, type CompareQuery } from './compare-query.js';

/** An aggregate that first digits can stand for. */
export interface CandidateAggregate {
  readonly id: Timestamp;
  /** Its last event; absent for a snapshot without events. */
  readonly last: EventHead | undefined;
}

interface CandidatesProps {
  readonly query: CompareQuery;
  readonly candidates: readonly CandidateAggregate[];
}

/** The aggregates whose ids begin with what was typed; choosing one adds it to those that are compared. */
export function Candidates({ query, candidates }: CandidatesProps) {
  if (candidates.length === 0) return <></>;
  return (
    <>
      <p id="candidates">Of the aggregates whose ids begin with these digits, choose one to add it:</p>
      <ul class="candidates" aria-labelledby="candidates">
        {candidates.map(({ id, last }) => (
          <li>
            <AggregateLine
              id={id}
              last={last}
              href={compareAddress({ ...query, ids: [...query.ids, id], after: undefined })}
            />
          </li>
        ))}
      </ul>
    </>
  );
}
