import type { Timestamp } from '../../../hlc/timestamp.js';
import { escapeText } from '../../../text/escape.js';
import { decimal } from '../../../text/figures.js';
import { Empty } from '../../parts/empty.js';
import { ErrorPanel } from '../../parts/error-panel.js';
import { Field } from '../../parts/field.js';
import { Link, useHref } from '../../parts/href.js';
import { AggregateLink, EventLink } from '../../parts/id.js';
import { Table } from '../../parts/table.js';
import { Text } from '../../parts/text.js';
import { Time } from '../../parts/time.js';
import { compareAddress, type CompareQuery, MOST_LANES } from './compare-query.js';
import type { Lane, Lanes } from './find-lanes.js';
import { LaneChart } from './lane-chart.js';
import type { OrderedEvents } from './merge-events.js';
import { isoTime } from '../search/search-query.js';

interface CompareViewProps {
  readonly query: CompareQuery;
  readonly faults: readonly string[];
  readonly lanes: Lanes | undefined;
  readonly ordered: OrderedEvents | undefined;
}

/** Several aggregates on one axis of time, and their events in one order. */
export function CompareView({ query, faults, lanes, ordered }: CompareViewProps) {
  return (
    <>
      {faults.length > 0 && <ErrorPanel message={faults.join('\n')} />}
      <CompareForm query={query} />
      {query.ids.length === 0 && (
        <Empty>
          Nothing to compare yet. Add the id of an aggregate, then those of others; <Link href="/search">search</Link>{' '}
          finds them.
        </Empty>
      )}
      {lanes !== undefined && (
        <>
          {lanes.lanes.some(({ last }) => last !== undefined) && <LaneChart lanes={lanes} />}
          {(query.since !== undefined || query.until !== undefined) && (
            <p>
              <Link href={compareAddress({ ids: query.ids, since: undefined, until: undefined })}>All times</Link>
            </p>
          )}
          <LaneTable query={query} lanes={lanes.lanes} />
          {lanes.lanes.some(({ histogram }) => histogram.each > 1) && (
            <p class="hint">
              Of a long history only every so many events are read for its lane, so its numbers are estimates. A mark
              leads to the first event that was read there.
            </p>
          )}
        </>
      )}
      {ordered !== undefined && <InOrder query={query} ordered={ordered} />}
    </>
  );
}

function timeText(time: number | undefined): string {
  return time === undefined ? '' : isoTime(time);
}

function CompareForm({ query }: { readonly query: CompareQuery }) {
  const href = useHref();
  return (
    <form class="search" action={href('/compare')} method="get" aria-label="Aggregates to compare">
      {query.ids.map((id) => (
        <input type="hidden" name="id" value={id.hex} />
      ))}
      {query.ids.length < MOST_LANES && (
        <Field name="id" label="Add an aggregate" placeholder="id, or its first digits" />
      )}
      <Field name="since" label="From" value={timeText(query.since)} />
      <Field name="until" label="To" value={timeText(query.until)} />
      <p class="field">
        <button type="submit">Compare</button>
      </p>
    </form>
  );
}

function LaneTable({ query, lanes }: { readonly query: CompareQuery; readonly lanes: readonly Lane[] }) {
  return (
    <Table
      caption="Aggregates, from the top lane to the lowest"
      rows={lanes}
      columns={[
        { heading: 'Aggregate', cell: ({ id }) => <AggregateLink id={id} /> },
        { heading: 'Events here', cell: shownEvents, numeric: true },
        {
          heading: 'Last event',
          cell: ({ last }) =>
            last === undefined ? (
              <span class="none">no aggregate of this log</span>
            ) : (
              <>
                {last.sequence} <EventLink timestamp={last.timestamp} /> <Text value={last.type} />
              </>
            ),
        },
        {
          heading: 'Change',
          cell: ({ id }) => <Link href={compareAddress(without(query, id))}>remove</Link>,
        },
      ]}
    />
  );
}

function without({ ids, after, ...times }: CompareQuery, id: Timestamp): CompareQuery {
  const isOther = (_: unknown, index: number) => ids[index]?.equals(id) !== true;
  return { ...times, ids: ids.filter(isOther), after: after?.filter(isOther) };
}

function shownEvents({ histogram: { intervals, each } }: Lane): string {
  const read = intervals.reduce((sum, interval) => sum + interval.read, 0);
  return `${each === 1 ? '' : '~'}${decimal(read * each)}`;
}

/** The events of all of them in the order of their timestamps: what happened here before what there. */
function InOrder({ query, ordered }: { readonly query: CompareQuery; readonly ordered: OrderedEvents }) {
  const { events, next } = ordered;
  const toList = (after: readonly number[] | undefined) => `${compareAddress({ ...query, after })}#order`;
  return (
    <section id="order" aria-labelledby="order-heading">
      <h2 id="order-heading">In one order</h2>
      {events.length === 0 ? (
        <Empty>
          {query.after === undefined ? 'None of them has an event in this time.' : 'No further event is in this time.'}
        </Empty>
      ) : (
        <Table
          caption="Events of all of them in the order of their timestamps"
          rows={events}
          columns={[
            { heading: 'Time', cell: ({ timestamp }) => <Time at={timestamp.time} /> },
            {
              heading: 'Aggregate',
              cell: ({ aggregateId, sequence }) => <AggregateLink id={aggregateId} at={sequence} />,
            },
            { heading: 'Sequence', cell: ({ sequence }) => decimal(sequence), numeric: true },
            {
              heading: 'Type',
              cell: ({ timestamp, type }) => <EventLink timestamp={timestamp} text={escapeText(type)} />,
            },
          ]}
        />
      )}
      {(next !== undefined || query.after !== undefined) && (
        <p class="more">
          {query.after !== undefined && <Link href={toList(undefined)}>Begin with the first</Link>}{' '}
          {next !== undefined && <Link href={toList(next)}>Go on from there</Link>}
        </p>
      )}
    </section>
  );
}
