import { counted } from '../../../text/figures.js';
import type { Day } from './days.js';

const HEIGHT = 60;
const STEP = 8;
const GAP = 2;

/** The events by day as bars, each with its day and number as title. */
export function DayBars({ days }: { readonly days: readonly Day[] }) {
  const most = days.reduce((largest, { events }) => Math.max(largest, events), 1);
  const width = days.length * STEP;
  const [first, last] = [days.at(0), days.at(-1)];
  if (first === undefined || last === undefined) return <></>;
  return (
    <figure class="bars">
      <svg
        viewBox={`0 0 ${width} ${HEIGHT}`}
        width={String(width)}
        height={String(HEIGHT)}
        preserveAspectRatio="none"
        role="img"
        aria-label={`Events per day, ${dayText(first)} to ${dayText(last)}, at most ${most} a day`}
      >
        {days.map((day, index) => {
          // What is there is seen, however little it is.
          const height = day.events === 0 ? 0 : Math.max(1, (day.events / most) * HEIGHT);
          return (
            <rect
              x={String(index * STEP)}
              y={String(HEIGHT - height)}
              width={String(STEP - GAP)}
              height={String(height)}
            >
              <title>{`${dayText(day)}: ${counted(day.events, 'event')}`}</title>
            </rect>
          );
        })}
      </svg>
      <figcaption>
        <span>{dayText(first)}</span>
        <span>{`${counted(most, 'event')} at most`}</span>
        <span>{dayText(last)}</span>
      </figcaption>
    </figure>
  );
}

function dayText({ time }: Day): string {
  return new Date(time).toISOString().slice(0, -'T00:00:00.000Z'.length);
}
