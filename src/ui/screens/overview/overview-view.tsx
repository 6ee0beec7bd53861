import type { Finding } from '../../../admin/diagnose/finding.js';
import type { LogStatistics, TypeStatistics } from '../../../admin/log-statistics/log-statistics.js';
import { byteSize, decimal } from '../../../text/figures.js';
import type { UiContext } from '../../context.js';
import { Empty } from '../../parts/empty.js';
import { Facts } from '../../parts/facts.js';
import { Link } from '../../parts/href.js';
import { AggregateLink } from '../../parts/id.js';
import { Table } from '../../parts/table.js';
import { Text } from '../../parts/text.js';
import { Time } from '../../parts/time.js';
import { DayBars } from './day-bars.js';
import type { Day } from './days.js';
import { Findings } from './findings.js';

interface OverviewProps {
  readonly ui: UiContext;
  readonly summary: LogStatistics;
  readonly days: readonly Day[];
  readonly types: readonly TypeStatistics[];
  /** Absent until they are asked for, because some take a while. */
  readonly findings: readonly Finding[] | undefined;
}

/** The database and what is in it, at one glance. */
export function OverviewView({ ui, summary, days, types, findings }: OverviewProps) {
  const { events, aggregates, snapshots, firstTime, lastTime, size, longest } = summary;
  return (
    <>
      <section class="columns">
        <Facts
          facts={[
            ['database', ui.location],
            ['schema', ui.schema],
            ['first event', firstTime === undefined ? 'none' : <Time at={firstTime} />],
            ['last event', lastTime === undefined ? 'none' : <Time at={lastTime} />],
          ]}
        />
        <Facts
          facts={[
            ['events', decimal(events)],
            ['aggregates', decimal(aggregates)],
            ['snapshots', decimal(snapshots)],
            ['on disk', `${byteSize(size.log)}, indexes ${byteSize(size.indexes)}`],
          ]}
        />
      </section>
      {events === 0 ? (
        <Empty>
          The log has no events. Commit some, or <code>maestro import</code> a file; if you expected events, look
          whether this is the database and the schema that you mean.
        </Empty>
      ) : (
        <>
          <h2>Events per day</h2>
          <DayBars days={days} />
          <div class="columns">
            <section>
              <h2>Types</h2>
              <Types types={types} />
            </section>
            <section>
              <h2>Longest aggregates</h2>
              <Table
                caption="Aggregates with the most events"
                rows={longest}
                columns={[
                  { heading: 'Aggregate', cell: ({ aggregateId }) => <AggregateLink id={aggregateId} /> },
                  { heading: 'Events', cell: (row) => decimal(row.events), numeric: true },
                ]}
              />
            </section>
          </div>
        </>
      )}
      {findings === undefined ? <PendingFindings /> : <Findings findings={findings} />}
    </>
  );
}

function Types({ types }: { readonly types: readonly TypeStatistics[] }) {
  return (
    <Table
      caption="Types of events"
      rows={types}
      columns={[
        { heading: 'Type', cell: ({ type }) => <Text value={type} /> },
        { heading: 'Events', cell: ({ events }) => decimal(events), numeric: true },
        { heading: 'Bodies', cell: ({ bodies }) => byteSize(bodies), numeric: true, optional: true },
        { heading: 'Last', cell: ({ lastTime }) => <Time at={lastTime} toSecond />, optional: true },
      ]}
    />
  );
}

/** The place of the findings: loaded by script, or by its link. */
function PendingFindings() {
  return (
    <section id="findings" data-load="findings" aria-labelledby="findings-heading">
      <h2 id="findings-heading">Health</h2>
      <p>
        <Link href="/?findings=shown">Check the database</Link>
      </p>
    </section>
  );
}
