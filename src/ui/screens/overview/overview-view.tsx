import type { Child } from 'hono/jsx';
import type { EventHistogram } from '../../../admin/log-statistics/histogram.js';
import { counted, decimal } from '../../../text/figures.js';
import type { UiContext } from '../../context.js';
import { Empty } from '../../parts/empty.js';
import { Facts } from '../../parts/facts.js';
import { Link } from '../../parts/href.js';
import { Table } from '../../parts/table.js';
import { Text } from '../../parts/text.js';
import { Time } from '../../parts/time.js';
import { DayBars } from './day-bars.js';
import { daysEnd, daysOf } from './days.js';

/** The last days of a log that has events. */
export interface Contents {
  readonly first: number;
  readonly last: number;
  readonly histogram: EventHistogram;
}

interface OverviewProps {
  readonly ui: UiContext;
  /** Absent in an empty log. */
  readonly contents: Contents | undefined;
  readonly counts: Child;
  readonly findings: Child;
}

/** The database and what is in it, at one glance. */
export function OverviewView({ ui, contents, counts, findings }: OverviewProps) {
  return (
    <>
      <Facts
        facts={[
          ['database', ui.location],
          ['schema', ui.schema],
          ['first event', contents === undefined ? 'none' : <Time at={contents.first} />],
          ['last event', contents === undefined ? 'none' : <Time at={contents.last} />],
        ]}
      />
      {contents === undefined ? (
        <Empty>
          The log has no events. Commit some, or <code>maestro import</code> a file; if you expected events, look
          whether this is the database and the schema that you mean.
        </Empty>
      ) : (
        <>
          {counts}
          <LastDays {...contents} />
        </>
      )}
      {findings}
    </>
  );
}

function LastDays({ last, histogram }: Contents) {
  const isAhead = last >= daysEnd(histogram);
  const { sampled, types, counts } = histogram;
  return (
    <>
      <h2>Events per day (UTC)</h2>
      {isAhead && (
        <p class="hint">
          The last event has a time that is still to come: a clock was wrong. The days end with today;{' '}
          <Link href={`/search?since=${encodeURIComponent(new Date(daysEnd(histogram)).toISOString())}`}>
            search for the events after it
          </Link>
          .
        </p>
      )}
      <DayBars days={daysOf(histogram)} isEstimate={sampled !== undefined} />
      <h2>{`Types of the last ${counted(counts.length, 'day')}`}</h2>
      <Table
        caption="Types of events"
        rows={types}
        columns={[
          {
            heading: 'Type',
            cell: ({ type }) => (
              <Link href={`/search?type=${encodeURIComponent(type)}`}>
                <Text value={type} />
              </Link>
            ),
          },
          {
            heading: sampled === undefined ? 'Events' : 'Events, about',
            cell: (row) => decimal(row.events),
            numeric: true,
          },
        ]}
      />
      {sampled !== undefined && (
        <p class="hint">{`The numbers of days and types are estimates from ${counted(sampled, 'event')} at random.`}</p>
      )}
    </>
  );
}
