import { timeSpan } from '../../../hlc/time-span.js';
import { Link } from '../../parts/href.js';
import { Time } from '../../parts/time.js';
import type { Moment } from './moment.js';
import { addressOf } from './request.js';

/** The time that was asked for, and how far the next event is from it: who looks for a fault may have written a time just before it. */
export function AsOf({ moment }: { readonly moment: Moment }) {
  const { time, sequence, next, request } = moment;
  if (time === undefined) return <></>;
  const later = next === undefined ? 0 : next.timestamp.time - time;
  return (
    <p class="note as-of" role="status">
      As of <Time at={time} />:{' '}
      {sequence === 0 ? 'no event is as early.' : `event ${sequence} is the last one until then.`}{' '}
      {next === undefined ? (
        'No event is later.'
      ) : (
        <>
          The next, <Link href={addressOf(request, { at: next.sequence, time: undefined })}>event {next.sequence}</Link>
          {later > 0 ? `, is ${timeSpan(later)} later.` : ', has an earlier timestamp.'}
        </>
      )}
    </p>
  );
}
