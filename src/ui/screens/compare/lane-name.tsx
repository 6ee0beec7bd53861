import type { Timestamp } from '../../../hlc/timestamp.js';
import { AggregateLink, shortId } from '../../parts/id.js';

/** The letter of a lane, by which it is known without its colour. */
export function laneLetter(lane: number): string {
  return String.fromCharCode('A'.charCodeAt(0) + lane);
}

/** The class that gives a lane its colour. */
export function laneClass(lane: number): string {
  return `lane-${lane + 1}`;
}

interface LaneNameProps {
  readonly lane: number;
  readonly id: Timestamp;
  /** The sequence to which the link leads; without it there is no link. */
  readonly linked?: { readonly at?: number };
}

/** The name of a lane: its letter in its colour, and the short id of its aggregate. */
export function LaneName({ lane, id, linked }: LaneNameProps) {
  return (
    <>
      <span class={`lane-key ${laneClass(lane)}`}>{laneLetter(lane)}</span>{' '}
      {linked === undefined ? (
        <code class="lane-id" title={id.hex}>
          {shortId(id)}
        </code>
      ) : (
        <AggregateLink id={id} {...linked} />
      )}
    </>
  );
}
