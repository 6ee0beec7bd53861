import { counted } from '../../../text/figures.js';
import { useHref } from '../../parts/href.js';
import type { Day } from './days.js';

const HEIGHT = 60;
/** Width of all days, and the most of one. */
const [WIDTH, WIDEST] = [720, 48];
/** Share of its width that a day leaves free. */
const GAP = 0.2;

interface DayBarsProps {
  readonly days: readonly Day[];
  /** True when the numbers are estimates. */
  readonly isEstimate: boolean;
}

/** The events by day as bars, each with its day and number as title, and a link to its events. */
export function DayBars({ days, isEstimate }: DayBarsProps) {
  const href = useHref();
  const most = days.reduce((largest, { events }) => Math.max(largest, events), 1);
  const step = Math.min(WIDEST, Math.floor(WIDTH / days.length));
  const width = days.length * step;
  const [first, last] = [days.at(0), days.at(-1)];
  if (first === undefined || last === undefined) return <></>;
  const about = isEstimate ? 'about ' : '';
  return (
    <figure class="bars">
      <svg
        viewBox={`0 0 ${width} ${HEIGHT}`}
        width={String(width)}
        height={String(HEIGHT)}
        preserveAspectRatio="none"
        role="group"
        aria-label={`Events per day in UTC, ${dayText(first)} to ${dayText(last)}`}
      >
        {days.map((day, index) => {
          if (day.events === 0) return <></>;
          // What is there is seen, however little it is.
          const height = Math.max(2, (day.events / most) * HEIGHT);
          const title = `${dayText(day)}, UTC: ${about}${counted(day.events, 'event')}`;
          return (
            <a href={href(searchOf(day))} aria-label={title}>
              <title>{title}</title>
              <rect class="back" x={String(index * step)} y="0" width={String(step)} height={String(HEIGHT)} />
              <rect
                x={String(index * step)}
                y={(HEIGHT - height).toFixed(1)}
                width={(step * (1 - GAP)).toFixed(1)}
                height={height.toFixed(1)}
              />
            </a>
          );
        })}
      </svg>
      <figcaption>
        <span>{dayText(first)}</span>
        <span>{`${about}${counted(most, 'event')} at most, days in UTC`}</span>
        <span>{dayText(last)}</span>
      </figcaption>
    </figure>
  );
}

/** The search for the events of a day. */
function searchOf({ first, last }: Day): string {
  const time = (at: number) => encodeURIComponent(new Date(at).toISOString());
  return `/search?since=${time(first)}&until=${time(last)}`;
}

function dayText({ first }: Day): string {
  return new Date(first).toISOString().slice(0, -'T00:00:00.000Z'.length);
}
