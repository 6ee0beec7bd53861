import { type EstimatedStatistics, MOST_SNAPSHOTS } from '../../../admin/log-statistics/quick-statistics.js';
import type { LogStatistics } from '../../../admin/log-statistics/log-statistics.js';
import { byteSize, counted, decimal } from '../../../text/figures.js';
import { Facts } from '../../parts/facts.js';
import { Link } from '../../parts/href.js';
import { AggregateLink } from '../../parts/id.js';
import { Table } from '../../parts/table.js';

interface CountsProps {
  readonly statistics: LogStatistics | EstimatedStatistics;
}

/** The numbers of the whole log; exact ones with its longest aggregates. */
export function Counts({ statistics }: CountsProps) {
  return (
    <section id="counts" class="columns" aria-label="Numbers of the whole log">
      {'sampled' in statistics ? <Estimated {...statistics} /> : <Exact {...statistics} />}
    </section>
  );
}

function Exact({ events, aggregates, snapshots, size, longest }: LogStatistics) {
  return (
    <>
      <Facts
        facts={[
          ['events', decimal(events)],
          ['aggregates', decimal(aggregates)],
          ['snapshots', decimal(snapshots)],
          ['on disk', sizeText(size)],
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
    </>
  );
}

function Estimated({ events, aggregates, snapshots, size, sampled }: EstimatedStatistics) {
  return (
    <>
      <Facts
        facts={[
          ['events', aboutText(events)],
          ['aggregates', aboutText(aggregates)],
          ['snapshots', snapshots < MOST_SNAPSHOTS ? decimal(snapshots) : `${decimal(MOST_SNAPSHOTS)} or more`],
          ['on disk', sizeText(size)],
        ]}
      />
      <p class="hint">
        {`Estimated from ${counted(sampled, 'event')} at random, because to count all takes a while. `}
        <Link href="/?counts=exact">Count exactly</Link>, with the longest aggregates: the database reads the whole log.
      </p>
    </>
  );
}

/** An estimate, of which more digits would say nothing. */
function aboutText(estimate: number): string {
  return `about ${decimal(Number(estimate.toPrecision(3)))} (estimated)`;
}

function sizeText({ log, indexes }: LogStatistics['size']): string {
  return `${byteSize(log)}, indexes ${byteSize(indexes)}`;
}

/** The place of the numbers, for which the database reads part of the log: loaded by script, or by its link. */
export function PendingCounts() {
  return (
    <section id="counts" data-load="counts" aria-label="Numbers of the whole log">
      <p>
        <Link href="/?counts=shown">Count the log</Link>
      </p>
    </section>
  );
}
