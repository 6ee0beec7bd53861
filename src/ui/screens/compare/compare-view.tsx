import type { Timestamp } from '../../../hlc/timestamp.js';
import { escapeText } from '../../../text/escape.js';
import { decimal } from '../../../text/figures.js';
import type { UiContext } from '../../context.js';
import { CopyCommands } from '../../parts/copy-command.js';
import { Empty } from '../../parts/empty.js';
import { ErrorPanel } from '../../parts/error-panel.js';
import { Link } from '../../parts/href.js';
import { EventLink } from '../../parts/id.js';
import { Table } from '../../parts/table.js';
import { Text } from '../../parts/text.js';
import { Time } from '../../parts/time.js';
import { type CandidateAggregate, Candidates } from './candidates.js';
import { CompareForm } from './compare-form.js';
import { compareAddress, type CompareQuery, type ReadCompare } from './compare-query.js';
import type { Lane, Lanes } from './find-lanes.js';
import { LaneChart } from './lane-chart.js';
import { LaneName } from './lane-name.js';
import type { OrderedEvents } from './merge-events.js';
import { isoTime } from '../search/search-query.js';

interface CompareViewProps {
  readonly ui: UiContext;
  readonly read: ReadCompare;
  /** The aggregates that the digits which were typed can stand for. */
  readonly candidates: readonly CandidateAggregate[];
  readonly lanes: Lanes | undefined;
  readonly ordered: OrderedEvents | undefined;
}

/** Several aggregates on one axis of time, and their events in one order. */
export function CompareView({ ui, read, candidates, lanes, ordered }: CompareViewProps) {
  const { query, faults } = read;
  return (
    <>
      {faults['after'] !== undefined && <ErrorPanel message={faults['after']} />}
      <CompareForm read={read} />
      <Candidates query={query} candidates={candidates} />
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
      <Commands ui={ui} query={query} />
    </>
  );
}

function LaneTable({ query, lanes }: { readonly query: CompareQuery; readonly lanes: readonly Lane[] }) {
  return (
    <Table
      caption="Aggregates, from the top lane to the lowest"
      rows={lanes}
      columns={[
        { heading: 'Aggregate', cell: ({ id }) => <LaneName lane={laneOf(query, id)} id={id} linked={{}} /> },
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

function laneOf({ ids }: CompareQuery, id: Timestamp): number {
  return ids.findIndex((each) => each.equals(id));
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
          wraps
          rows={events}
          columns={[
            { heading: 'Time', cell: ({ timestamp }) => <Time at={timestamp.time} /> },
            {
              heading: 'Aggregate',
              cell: ({ lane, aggregateId, sequence }) => (
                <LaneName lane={lane} id={aggregateId} linked={{ at: sequence }} />
              ),
            },
            { heading: 'Sequence', cell: ({ sequence }) => decimal(sequence), numeric: true },
            {
              heading: 'Type',
              cell: ({ timestamp, type }) => <EventLink timestamp={timestamp} text={escapeText(type)} />,
            },
            {
              heading: 'Body',
              cell: ({ excerpt }) => (excerpt === '' ? '' : <code class="excerpt">{excerpt}</code>),
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

/** The commands that list the same events in a terminal, one for each aggregate. */
function Commands({ ui, query: { ids, since, until } }: { readonly ui: UiContext; readonly query: CompareQuery }) {
  const bounds = [
    ...(since === undefined ? [] : ['--since', isoTime(since)]),
    ...(until === undefined ? [] : ['--until', isoTime(until)]),
  ];
  return (
    <div>
      <CopyCommands commands={ids.map((id) => ['events', id.hex, ...bounds, ...ui.flags])} />
    </div>
  );
}
