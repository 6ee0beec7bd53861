import type { StoredEvent } from '../../../events.js';
import { decimal } from '../../../text/figures.js';
import type { SimilarType } from '../../input/similar-types.js';
import { Field } from '../../parts/field.js';
import { Link, useHref } from '../../parts/href.js';
import { AggregateLink } from '../../parts/id.js';
import { Table } from '../../parts/table.js';
import { Text } from '../../parts/text.js';
import { Time } from '../../parts/time.js';
import { type LiveFilter, liveQuery, type ReadLiveFilter } from './live-filter.js';
import { LIVE_COLUMNS } from './live-rows.js';
import { LOOKED_BACK } from './live-tail.js';
import { LiveStatus } from './live-status.js';

interface LiveViewProps {
  readonly read: ReadLiveFilter;
  /** The last events, the oldest first. */
  readonly events: readonly StoredEvent[];
  /** True when earlier events may fit, too. */
  readonly isPartial: boolean;
  readonly isPaused: boolean;
  /** The time at which they were read. */
  readonly readAt: number;
  /** An error by which the database cannot be reached now. */
  readonly lost?: string | undefined;
  /** True where no other process can write. */
  readonly isHeld: boolean;
  /** Types that may be meant instead of those that no event has. */
  readonly similar: readonly SimilarType[];
}

/** The last events, the newest first; with script, new ones are added as they come. */
export function LiveView({ read, events, isPartial, isPaused, readAt, lost, isHeld, similar }: LiveViewProps) {
  const { filter } = read;
  const href = useHref();
  return (
    <>
      <LiveForm read={read} isPaused={isPaused} />
      <p class="live-line">
        <span id="live-status" role="status">
          <FirstStatus {...{ isPaused, readAt, lost }} />
        </span>{' '}
        <span id="live-waiting"></span>{' '}
        <Link id="live-refresh" href={`/live${liveQuery(filter)}`}>
          {lost === undefined ? 'Refresh' : 'Try again'}
        </Link>
      </p>
      {isHeld && (
        <p class="hint">
          The embedded database is used by one process at a time: as long as this one serves these pages, no other can
          commit events.
        </p>
      )}
      <div id="live-warnings"></div>
      <section
        id="live"
        data-stream={href(`/live/stream${liveQuery(filter)}`)}
        data-paused={isPaused ? 'yes' : undefined}
        aria-label="Events"
      >
        <p id="live-empty" class="empty" hidden={events.length > 0 || lost !== undefined}>
          {isFiltered(filter)
            ? 'No event fits. With the filters left empty, all show.'
            : 'The log has no events yet. Those that are committed from now on appear here.'}
          {similar.map(({ type, meant }) => (
            <>
              {' '}
              None has the type <Text value={type} /> so far: did you mean{' '}
              <Link
                href={`/live${liveQuery({ ...filter, types: filter.types.map((each) => (each === type ? meant : each)) })}`}
              >
                <Text value={meant} />
              </Link>
              ?
            </>
          ))}
        </p>
        <Table caption="The last events, the newest first" rows={events.toReversed()} columns={LIVE_COLUMNS} />
      </section>
      {isPartial && <Partial filter={filter} />}
    </>
  );
}

/** The line above the table before any script says more. */
function FirstStatus({ isPaused, readAt, lost }: Pick<LiveViewProps, 'isPaused' | 'readAt' | 'lost'>) {
  if (lost !== undefined)
    return (
      <LiveStatus state="lost">
        <Text value={lost} />
      </LiveStatus>
    );
  if (isPaused) return <LiveStatus state="paused">Paused.</LiveStatus>;
  return (
    <LiveStatus state="still">
      The last events as of <Time at={readAt} toSecond />.
    </LiveStatus>
  );
}

/** A link to where earlier events of the types can be found. */
function Partial({ filter: { types, aggregateId } }: { readonly filter: LiveFilter }) {
  const search = new URLSearchParams(types.map((type): [string, string] => ['type', type]));
  return (
    <p class="hint">
      {`Events of these types were looked for among the last ${decimal(LOOKED_BACK)}. `}
      {aggregateId === undefined ? (
        <Link href={`/search?${search.toString()}`}>Search for earlier ones</Link>
      ) : (
        <AggregateLink id={aggregateId} />
      )}
    </p>
  );
}

/** The form of the filter, with what is wrong with it. */
export function LiveForm({ read, isPaused }: Pick<LiveViewProps, 'read' | 'isPaused'>) {
  const { filter, written, fault } = read;
  const href = useHref();
  return (
    <form class="filters" method="get" action={href('/live')}>
      {[...filter.types, ''].map((type, index) => (
        <Field name="type" id={`type-${index}`} label="Type" value={type} placeholder="all" />
      ))}
      <Field
        name="aggregate"
        label="Aggregate"
        value={filter.aggregateId?.hex ?? written}
        placeholder="all"
        fault={fault}
      />
      {isPaused && <input type="hidden" name="paused" value="yes" />}
      <button type="submit">Show</button>
    </form>
  );
}

function isFiltered({ types, aggregateId }: LiveFilter): boolean {
  return types.length > 0 || aggregateId !== undefined;
}
