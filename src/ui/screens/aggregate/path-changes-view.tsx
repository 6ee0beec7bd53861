import type { PropsWithChildren } from 'hono/jsx';
import { differenceText } from '../../../json/compare/difference.js';
import { Empty } from '../../parts/empty.js';
import { Link } from '../../parts/href.js';
import { Table } from '../../parts/table.js';
import { Text } from '../../parts/text.js';
import { Time } from '../../parts/time.js';
import type { PathChange, PathChanges } from './path-changes.js';
import { addressOf, type AggregateRequest, OF_POINT, pathText } from './request.js';
import { ValueText } from './value-text.js';

interface PathChangesProps {
  readonly request: AggregateRequest;
  readonly found: PathChanges;
  /** The sequence of the shown point. */
  readonly shown: number;
  /** The last sequence of the history. */
  readonly last: number;
}

/** The events that changed one value of the state, the newest first, with the value before and after; at its foot its children. */
export function PathChangesView({ request, found, shown, last, children }: PropsWithChildren<PathChangesProps>) {
  const { changes, from, upTo } = found;
  return (
    <section id="changes" tabindex={-1} aria-labelledby="changes-heading">
      <Heading request={request} />
      {changes.length === 0 ? (
        <Empty>
          {`None of the events ${from} to ${upTo} changed it. `}
          Choose a key of the state, or write its path, such as /lines/0/price.
        </Empty>
      ) : (
        <Table<PathChange>
          caption="Events that changed it"
          wraps
          rows={changes}
          columns={[
            {
              heading: 'Event',
              numeric: true,
              cell: ({ event }) => (
                <Link
                  href={addressOf(request, { at: event.sequence, time: undefined })}
                  aria-current={event.sequence === shown ? 'true' : undefined}
                  data-sequence={String(event.sequence)}
                  data-follow="pin lines"
                >
                  {String(event.sequence)}
                </Link>
              ),
            },
            { heading: 'Type', cell: ({ event }) => <Text value={event.type} />, optional: true },
            { heading: 'Time', cell: ({ event }) => <Time at={event.timestamp.time} />, optional: true },
            { heading: 'Before', cell: ({ before }) => <ValueText value={before} /> },
            { heading: 'After', cell: ({ after }) => <ValueText value={after} /> },
            { heading: 'Difference', cell: ({ before, after }) => differenceText(before, after) ?? '', numeric: true },
          ]}
        />
      )}
      <p class="none">
        {`Events ${from} to ${upTo} were looked at. `}
        {upTo < last && (
          <Link
            href={`${addressOf(request, { after: upTo, upTo: undefined })}#changes`}
            data-follow={OF_POINT.join(' ')}
          >
            Later ones
          </Link>
        )}{' '}
        {from > 1 && (
          <Link
            href={`${addressOf(request, { upTo: from - 1, after: undefined })}#changes`}
            data-follow={OF_POINT.join(' ')}
          >
            Earlier ones
          </Link>
        )}
      </p>
      {children}
    </section>
  );
}

/** The place for {@link PathChangesView} on a page that is shown before the history is folded: filled by script, or by its link. */
export function PathChangesLater({ request }: Pick<PathChangesProps, 'request'>) {
  return (
    <section id="changes" data-load="changes" tabindex={-1} aria-labelledby="changes-heading">
      <Heading request={request} />
      <p class="empty">
        <Link href={addressOf(request, { isFolded: true })}>Fold the history to find them</Link>
      </p>
    </section>
  );
}

function Heading({ request: { path = '' } }: Pick<PathChangesProps, 'request'>) {
  return <h2 id="changes-heading">Events that changed {pathText(path)}</h2>;
}
