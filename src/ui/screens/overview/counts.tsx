import type { BoundedStatistics, KnownCount } from '../../../admin/log-statistics/quick-statistics.js';
import type { LogStatistics } from '../../../admin/log-statistics/log-statistics.js';
import { byteSize, decimal } from '../../../text/figures.js';
import { Facts } from '../../parts/facts.js';
import { Link } from '../../parts/href.js';
import { AggregateLink } from '../../parts/id.js';
import { Table } from '../../parts/table.js';

interface CountsProps {
  readonly statistics: LogStatistics | BoundedStatistics;
}

/** The numbers of the whole log; exact ones with its longest aggregates. */
export function Counts({ statistics }: CountsProps) {
  return (
    <section id="counts" class="columns" aria-label="Numbers of the whole log">
      {'longest' in statistics ? <Exact {...statistics} /> : <Bounded {...statistics} />}
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

function Bounded({ events, aggregates, snapshots, size, sampled }: BoundedStatistics) {
  return (
    <>
      <Facts
        facts={[
          ['events', knownText(events)],
          ['aggregates', knownText(aggregates)],
          ['snapshots', knownText(snapshots)],
          ['on disk', sizeText(size)],
        ]}
      />
      <p class="hint">
        {events.known === 'about' && `Events estimated from ${decimal(sampled)} of them, of pages taken at random. `}
        <Link href="/?counts=exact">Count exactly</Link>, with the longest aggregates: the database reads the whole log.
      </p>
    </>
  );
}

/** A number in words that say how well it is known; of an estimate, more digits would say nothing. */
function knownText({ count, known }: KnownCount): string {
  if (known === 'about') return `about ${decimal(Number(count.toPrecision(3)))} (estimated)`;
  return known === 'exactly' ? decimal(count) : `${decimal(count)} or more`;
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
