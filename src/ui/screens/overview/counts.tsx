import type { LogStatistics } from '../../../admin/log-statistics/log-statistics.js';
import { byteSize, decimal } from '../../../text/figures.js';
import { Facts } from '../../parts/facts.js';
import { Link } from '../../parts/href.js';
import { AggregateLink } from '../../parts/id.js';
import { Table } from '../../parts/table.js';

/** The numbers of the whole log, and its longest aggregates. */
export function Counts({ statistics }: { readonly statistics: LogStatistics }) {
  const { events, aggregates, snapshots, size, longest } = statistics;
  return (
    <section id="counts" class="columns" aria-label="Numbers of the whole log">
      <Facts
        facts={[
          ['events', decimal(events)],
          ['aggregates', decimal(aggregates)],
          ['snapshots', decimal(snapshots)],
          ['on disk', `${byteSize(size.log)}, indexes ${byteSize(size.indexes)}`],
        ]}
      />
      <Table
        caption="Longest aggregates"
        rows={longest}
        columns={[
          { heading: 'Longest aggregates', cell: ({ aggregateId }) => <AggregateLink id={aggregateId} /> },
          { heading: 'Events', cell: (row) => decimal(row.events), numeric: true },
        ]}
      />
    </section>
  );
}

/** The place of the numbers, which the database counts by reading the whole log: loaded by script, or by its link. */
export function PendingCounts() {
  return (
    <section id="counts" data-load="counts" aria-label="Numbers of the whole log">
      <p>
        <Link href="/?counts=shown">Count the whole log</Link>
      </p>
    </section>
  );
}
