import { timeSpan } from '../../../hlc/time-span.js';
import { counted } from '../../../text/figures.js';
import { BarTitle } from '../../parts/bar-title.js';
import { useHref } from '../../parts/href.js';
import { eventAddress, shortId } from '../../parts/id.js';
import { Time } from '../../parts/time.js';
import type { Lane, Lanes } from './find-lanes.js';
import { laneClass, laneLetter, LaneName } from './lane-name.js';

const STEP = 4;
const HEIGHT = 24;

/** The lanes of all aggregates, one below the other on the same axis. */
export function LaneChart({ lanes }: { readonly lanes: Lanes }) {
  const most = Math.max(
    1,
    ...lanes.lanes.flatMap(({ histogram }) => histogram.intervals.map(({ read }) => read * histogram.each)),
  );
  return (
    <figure class="histogram lanes" data-begin={lanes.begin} data-interval={lanes.interval} data-count={lanes.columns}>
      <ol class="lane-names" aria-label="Lanes">
        {lanes.lanes.map(({ id }, lane) => (
          <li>
            <LaneName lane={lane} id={id} />
          </li>
        ))}
      </ol>
      <div class="brush" role="group" aria-label={`${counted(lanes.lanes.length, 'aggregate')} on one axis of time`}>
        <LanePicture lanes={lanes} most={most} />
      </div>
      <figcaption>
        <Time at={lanes.begin} />
        <span>A mark is {timeSpan(lanes.interval)}; the more events, the higher.</span>
        <Time at={lanes.begin + lanes.columns * lanes.interval} />
      </figcaption>
    </figure>
  );
}

function LanePicture({ lanes, most }: { readonly lanes: Lanes; readonly most: number }) {
  const [width, height] = [lanes.columns * STEP, lanes.lanes.length * HEIGHT];
  return (
    <svg viewBox={`0 0 ${width} ${height}`} width={String(width)} height={String(height)} preserveAspectRatio="none">
      {lanes.lanes.map((lane, index) => (
        <LaneMarks lane={lane} index={index} lanes={lanes} most={most} />
      ))}
      <rect class="chosen" x="0" y="0" width="0" height={String(height)} />
    </svg>
  );
}

interface LaneMarksProps {
  readonly lane: Lane;
  /** The place of the lane from the top. */
  readonly index: number;
  readonly lanes: Lanes;
  /** The largest number of events of a mark. */
  readonly most: number;
}

/** The marks of one lane: each is a link to its event, or to the first of several in the history. */
function LaneMarks({ lane: { id, histogram }, index, lanes: { begin, interval, columns }, most }: LaneMarksProps) {
  const href = useHref();
  const top = index * HEIGHT;
  const about = histogram.each === 1 ? '' : 'about ';
  return (
    <g class={laneClass(index)}>
      <rect class="lane" x="0" y={String(top + HEIGHT - 1)} width={String(columns * STEP)} height="1" />
      {histogram.intervals.map(({ time, read, sequence, timestamp }) => {
        const events = read * histogram.each;
        // By the logarithm: one event beside a thousand is seen, too.
        const height = 4 + ((HEIGHT - 7) * Math.log(events)) / Math.log(Math.max(most, 2));
        const address = timestamp === undefined ? `/aggregate/${id.hex}?at=${sequence}` : eventAddress(timestamp);
        const where = timestamp === undefined ? `from ${sequence}` : `sequence ${sequence}`;
        return (
          <a href={href(address)} tabindex={-1}>
            <BarTitle
              before={`${laneLetter(index)}, ${shortId(id)}, `}
              at={time}
              after={`: ${about}${counted(events, 'event')}, ${where}`}
            />
            <rect
              class="bar"
              x={String(((time - begin) / interval) * STEP)}
              y={String(top + HEIGHT - 1 - height)}
              width={String(STEP)}
              height={String(height)}
            />
          </a>
        );
      })}
    </g>
  );
}
