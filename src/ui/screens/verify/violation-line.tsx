import { describeViolation } from '../../../admin/verify-log/describe-violation.js';
import type { Violation } from '../../../admin/verify-log/violations.js';
import { Timestamp } from '../../../hlc/timestamp.js';
import { AggregateLink, EventLink } from '../../parts/id.js';
import { Text } from '../../parts/text.js';

/** A violation with links to where it is. Stored ids may have any length: what is no id is no link. */
export function ViolationLine({ violation }: { readonly violation: Violation }) {
  const { aggregateId, sequence } = violation;
  const id = timestampIn(aggregateId);
  const timestamp = 'timestamp' in violation ? timestampIn(violation.timestamp) : undefined;
  return (
    <>
      {id === undefined ? <code>{`\\x${aggregateId}`}</code> : <AggregateLink id={id} at={sequence} />} at{' '}
      {timestamp === undefined ? String(sequence) : <EventLink timestamp={timestamp} text={String(sequence)} />}:{' '}
      <Text value={describeViolation(violation)} />
    </>
  );
}

function timestampIn(hex: string | undefined): Timestamp | undefined {
  return hex !== undefined && /^[0-9a-f]{32}$/.test(hex) ? Timestamp.fromHex(hex) : undefined;
}
