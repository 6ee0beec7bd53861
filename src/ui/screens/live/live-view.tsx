import type { StoredEvent } from '../../../events.js';
import { Link, useHref } from '../../parts/href.js';
import { Table } from '../../parts/table.js';
import { Time } from '../../parts/time.js';
import { type LiveFilter, liveQuery } from './live-filter.js';
import { LIVE_COLUMNS } from './live-rows.js';
import { LiveStatus } from './live-status.js';

interface LiveViewProps {
  readonly filter: LiveFilter;
  /** The last events, the oldest first. */
  readonly events: readonly StoredEvent[];
  readonly isPaused: boolean;
  /** The time at which they were read. */
  readonly readAt: number;
}

/** The last events, the newest first; with script, new ones are added as they come. */
export function LiveView({ filter, events, isPaused, readAt }: LiveViewProps) {
  const href = useHref();
  return (
    <>
      <LiveForm filter={filter} isPaused={isPaused} />
      <p class="live-line">
        <span id="live-status" role="status">
          {isPaused ? (
            <LiveStatus state="paused">Paused.</LiveStatus>
          ) : (
            <LiveStatus state="still">
              The last events as of <Time at={readAt} toSecond />.
            </LiveStatus>
          )}
        </span>{' '}
        <span id="live-waiting"></span>{' '}
        <Link id="live-refresh" href={`/live${liveQuery(filter)}`}>
          Refresh
        </Link>
      </p>
      <div id="live-warnings"></div>
      <section
        id="live"
        data-stream={href(`/live/stream${liveQuery(filter)}`)}
        data-paused={isPaused ? 'yes' : undefined}
        aria-label="Events"
      >
        <p id="live-empty" class="empty" hidden={events.length > 0}>
          {isFiltered(filter)
            ? 'No event fits. With the filters left empty, all show.'
            : 'The log has no events yet. Those that are committed from now on appear here.'}
        </p>
        <Table caption="The last events, the newest first" rows={events.toReversed()} columns={LIVE_COLUMNS} />
      </section>
    </>
  );
}

function LiveForm({ filter: { types, aggregateId }, isPaused }: Pick<LiveViewProps, 'filter' | 'isPaused'>) {
  const href = useHref();
  return (
    <form class="filters" method="get" action={href('/live')}>
      {[...types, ''].map((type) => (
        <label>
          Type
          <input name="type" value={type} placeholder="all" spellcheck={false} autocomplete="off" />
        </label>
      ))}
      <label>
        Aggregate
        <input
          name="aggregate"
          value={aggregateId?.hex ?? ''}
          placeholder="all"
          spellcheck={false}
          autocomplete="off"
        />
      </label>
      {isPaused && <input type="hidden" name="paused" value="yes" />}
      <button type="submit">Show</button>
    </form>
  );
}

function isFiltered({ types, aggregateId }: LiveFilter): boolean {
  return types.length > 0 || aggregateId !== undefined;
}
