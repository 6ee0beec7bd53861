import type { EventHistogram } from '../../../admin/log-statistics/histogram.js';
import { timeSpan } from '../../../hlc/time-span.js';
import { counted, decimal } from '../../../text/figures.js';
import { BarTitle } from '../../parts/bar-title.js';
import { useHref } from '../../parts/href.js';
import { Time } from '../../parts/time.js';
import { searchAddress } from './search-address.js';
import type { SearchQuery } from './search-query.js';

const HEIGHT = 80;
const STEP = 8;
const GAP = 1;

interface TimeHistogramProps {
  readonly query: SearchQuery;
  readonly histogram: EventHistogram;
}

/** True when no event, or none of the sample, matches. */
export function isNone({ counts }: EventHistogram): boolean {
  return counts.every((count) => count === 0);
}

/** The numbers of events over time as bars, each a link to the search of its time; by script a time can be drawn over them. */
export function TimeHistogram({ query, histogram }: TimeHistogramProps) {
  const href = useHref();
  const { begin, interval, counts, sampled } = histogram;
  const most = counts.reduce((largest, count) => Math.max(largest, count), 1);
  const width = counts.length * STEP;
  const end = begin + counts.length * interval;
  const about = sampled === undefined ? '' : 'about ';
  const text = isNone(histogram)
    ? 'No event matches here'
    : `Events per ${timeSpan(interval)}, ${about}${decimal(most)} at most`;
  return (
    <figure class="histogram" data-begin={begin} data-interval={interval} data-count={counts.length}>
      <div class="brush" role="group" aria-label={text}>
        <svg
          viewBox={`0 0 ${width} ${HEIGHT}`}
          width={String(width)}
          height={String(HEIGHT)}
          preserveAspectRatio="none"
        >
          {counts.map((count, index) => {
            const since = begin + index * interval;
            const until = since + interval - 1;
            // What is there is seen, however little it is.
            const height = count === 0 ? 0 : Math.max(1, (count / most) * HEIGHT);
            const x = String(index * STEP);
            return (
              <a
                href={href(searchAddress({ ...query, since, until, after: undefined }))}
                tabindex={-1}
                data-events={String(count)}
              >
                <BarTitle at={since} after={`: ${about}${counted(count, 'event')}`} />
                <rect class="ground" x={x} y="0" width={String(STEP)} height={String(HEIGHT)} />
                <rect
                  class="bar"
                  x={x}
                  y={String(HEIGHT - height)}
                  width={String(STEP - GAP)}
                  height={String(height)}
                />
              </a>
            );
          })}
          <rect class="chosen" x="0" y="0" width="0" height={String(HEIGHT)} />
        </svg>
      </div>
      <figcaption>
        <Time at={begin} />
        <span>{text}</span>
        <Time at={end} />
      </figcaption>
    </figure>
  );
}
