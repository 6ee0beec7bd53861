import type { StoredEvent } from '../../../events.js';
import { textApart } from '../../../store/event-metadata.js';
import { escapeText } from '../../../text/escape.js';
import { decimal } from '../../../text/figures.js';
import { shellWord } from '../../../text/shell-word.js';
import { Empty } from '../../parts/empty.js';
import { Link } from '../../parts/href.js';
import { AggregateLink, EventLink } from '../../parts/id.js';
import { Table } from '../../parts/table.js';
import { Text } from '../../parts/text.js';
import { Time } from '../../parts/time.js';
import type { SimilarType } from '../../input/similar-types.js';
import type { SearchResults } from './find-results.js';
import { searchAddress } from './search-address.js';
import type { SearchQuery } from './search-query.js';

/** Number of characters of a body that a line shows. */
const EXCERPT = 160;

/** Parameter of the address of a page that says that those before it have found nothing. */
const NOTHING_YET = 'found=none';

interface ResultsProps {
  readonly query: SearchQuery;
  readonly results: SearchResults;
  /** True when the pages before this one, if there are any, have found nothing. */
  readonly isFirst: boolean;
  readonly isEmptyLog: boolean;
  /** Types that may be meant instead of those that no event has. */
  readonly similar: readonly SimilarType[];
}

/** The events that were found, and the way to the next ones. */
export function Results({ query, results, isFirst, isEmptyLog, similar }: ResultsProps) {
  const { events, next, isUnfinished, missing } = results;
  const goOn = searchAddress({ ...query, after: next });
  return (
    <section id="results" aria-labelledby="results-heading">
      <h2 id="results-heading">Events</h2>
      {events.length > 0 && <Events events={events} />}
      {events.length === 0 && next === undefined && <NoEvents {...{ query, isFirst, isEmptyLog, similar }} />}
      {next !== undefined && (
        <p class="more" data-unfinished={isUnfinished ? '' : undefined}>
          {isUnfinished && (
            <>
              {query.order === 'latest' ? 'Looked back to ' : 'Looked up to '}
              <Time at={next.timestamp.time} />.{' '}
            </>
          )}
          <Link href={isFirst && events.length === 0 ? `${goOn}&${NOTHING_YET}` : goOn} rel="next">
            {isUnfinished ? 'Go on' : 'More'}
          </Link>
        </p>
      )}
      {missing !== undefined && <MissingIndex {...missing} />}
      {next === undefined && events.length > 0 && <p class="more end">These are all.</p>}
    </section>
  );
}

/** The command that makes the search quick. */
function MissingIndex({ path, state }: NonNullable<SearchResults['missing']>) {
  if (state === 'building') return <p class="note">The index on this value is still being built.</p>;
  return (
    <p class="note">
      Every event is looked at, because{' '}
      {state === 'invalid' ? 'the index on this value is not complete' : 'no index has this value'}.{' '}
      <code>
        <Text value={`maestro migrate index add --where ${shellWord(path)}`} />
      </code>{' '}
      {state === 'invalid' ? 'completes it' : 'makes one'}, while everybody goes on writing.
    </p>
  );
}

function Events({ events }: { readonly events: readonly StoredEvent[] }) {
  return (
    <Table
      caption="Events that were found"
      rows={events}
      wraps
      columns={[
        { heading: 'Time', cell: ({ timestamp }) => <Time at={timestamp.time} /> },
        {
          heading: 'Type',
          cell: ({ timestamp, type }) => <EventLink timestamp={timestamp} text={escapeText(type)} />,
        },
        {
          heading: 'Aggregate',
          cell: ({ aggregateId, sequence }) => (
            <>
              <AggregateLink id={aggregateId} at={sequence} />{' '}
              <Link href={`/aggregate/${aggregateId.hex}`} title="The aggregate after its last event">
                newest
              </Link>
            </>
          ),
        },
        { heading: 'Sequence', cell: ({ sequence }) => decimal(sequence), numeric: true },
        { heading: 'Body', cell: ({ body }) => <Excerpt json={textApart(body).body} /> },
      ]}
    />
  );
}

function Excerpt({ json }: { readonly json: string }) {
  const shown = json.length > EXCERPT ? `${json.slice(0, EXCERPT)}…` : json;
  return (
    <code class="excerpt">
      <Text value={shown} />
    </code>
  );
}

/** Advice when nothing was found: take one of the conditions away. */
function NoEvents({ query, isFirst, isEmptyLog, similar }: Omit<ResultsProps, 'results'>) {
  if (isEmptyLog)
    return (
      <Empty>
        The log has no events. Commit some, or <code>maestro import</code> a file; if you expected events, look whether
        this is the database and the schema that you mean.
      </Empty>
    );
  if (!isFirst) return <Empty>There are no more events.</Empty>;
  const ways = waysOut({ ...query, after: undefined });
  return (
    <Empty>
      No event matches.{' '}
      {similar.map(({ type, meant }) => (
        <>
          None has the type <Text value={type} />: did you mean{' '}
          <Link href={searchAddress({ ...query, types: query.types.map((each) => (each === type ? meant : each)) })}>
            <Text value={meant} />
          </Link>
          ?{' '}
        </>
      ))}
      {ways.length > 0 && (
        <>
          Search{' '}
          {ways.map(([text, address], index) => (
            <>
              {index > 0 && ', or '}
              <Link href={address}>{text}</Link>
            </>
          ))}
          .
        </>
      )}
    </Empty>
  );
}

function waysOut(query: SearchQuery): [text: string, address: string][] {
  const ways: [string, string][] = [];
  if (query.since !== undefined || query.until !== undefined)
    ways.push(['at all times', searchAddress({ ...query, since: undefined, until: undefined })]);
  if (query.types.length > 0) ways.push(['all types', searchAddress({ ...query, types: [] })]);
  if (query.where !== undefined) ways.push(['without the jsonpath', searchAddress({ ...query, where: undefined })]);
  if (query.text !== undefined) ways.push(['without the text', searchAddress({ ...query, text: undefined })]);
  return ways;
}
