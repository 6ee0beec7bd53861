import type { EventHead } from '../../../admin/find-event/find-event.js';
import type { Timestamp } from '../../../hlc/timestamp.js';
import { escapeText } from '../../../text/escape.js';
import { timeRefusal } from '../../../text/time/read-time.js';
import { AggregateLine } from '../../parts/aggregate-line.js';
import { Link } from '../../parts/href.js';
import { AggregateLink, EventLink } from '../../parts/id.js';
import { Marked } from '../../parts/marked.js';
import { Text } from '../../parts/text.js';
import { Time } from '../../parts/time.js';
import { searchAddress } from '../search/search-address.js';
import { addressAround, candidateAddress } from './candidate-address.js';
import type { AbsentEvent, Candidate, Found } from './find-candidates.js';
import { isLikeTime } from './text-search.js';

/** Forms of text that the box takes. */
export function HowToFind() {
  return (
    <>
      <p>Write into the box at the top, which the key / goes to:</p>
      <ul>
        <li>the id of an aggregate or the timestamp of an event, in any form, or at least its first 4 hex digits</li>
        <li>
          an id and the sequence of an event: <code>01a2077042bc0000 41</code>
        </li>
        <li>
          a time: <code>2026-11-22 14:34:05+01</code>, <code>yesterday 14:30</code>, <code>2h ago</code>,{' '}
          <code>@1763818445</code>. Without a zone it is in that of the computer that serves this page.
        </li>
        <li>the type of events, to search for them</li>
        <li>
          a jsonpath, to search the bodies: <code>$.amount &gt; 100</code>
        </li>
        <li>any other text, to search the types and bodies of all events for it</li>
      </ul>
      <p>
        <Link href="/search">Search</Link> finds events by what is in them.
      </p>
    </>
  );
}

/** All that a text can stand for. */
export function Candidates({ text, found }: { readonly text: string; readonly found: Found }) {
  return (
    <>
      <p>
        <strong class="asked">{escapeText(text)}</strong> can stand for:
      </p>
      <ul class="candidates">
        {found.candidates.map((candidate) => (
          <li>
            <CandidateLine candidate={candidate} />
          </li>
        ))}
      </ul>
      {found.hasMore && <p class="hint">More ids begin with it than are listed here: write more of the digits.</p>}
    </>
  );
}

function CandidateLine({ candidate }: { readonly candidate: Candidate }) {
  switch (candidate.kind) {
    case 'aggregate':
      return <AggregateLine id={candidate.id} last={candidate.last} href={candidateAddress(candidate)} />;
    case 'event': {
      const { timestamp, aggregateId, sequence, type } = candidate.event;
      return (
        <>
          event <EventLink timestamp={timestamp} of={candidate.of} text={timestamp.toString()} />, <Text value={type} />
          , {sequence} of <AggregateLink id={aggregateId} at={sequence} />
        </>
      );
    }
    case 'time': {
      const { first, note } = candidate.span;
      return (
        <>
          time <Link href={candidateAddress(candidate)}>events around</Link> <Time at={first} />
          {candidate.isToCome && <span class="hint">, which is still to come</span>}
          {note !== undefined && <span class="hint"> {note}</span>}
        </>
      );
    }
  }
}

interface NothingFoundProps {
  readonly text: string;
  readonly tried: readonly string[];
  /** The text as a timestamp. */
  readonly timestamp: Timestamp;
  /** The events next to that timestamp. */
  readonly nearest: readonly EventHead[];
}

/** An event that its aggregate does not have, and what it has. */
export function Absent({ text, absent }: { readonly text: string; readonly absent: readonly AbsentEvent[] }) {
  return (
    <section class="error" role="alert">
      <p class="message">
        Nothing is found for <strong class="asked">{escapeText(text)}</strong>.
      </p>
      {absent.map(({ sequence, last }) => (
        <p>
          Aggregate <AggregateLink id={last.aggregateId} /> has no event {sequence}
          {sequence < last.sequence && sequence > 0 ? ', which is missing' : ''}. Its last one is{' '}
          <EventLink timestamp={last.timestamp} text={String(last.sequence)} /> <Text value={last.type} />.
        </p>
      ))}
    </section>
  );
}

/** The readings of a text that found nothing, and the search for it. */
export function TextOffer({ text, tried }: Pick<NothingFoundProps, 'text' | 'tried'>) {
  return (
    <>
      <p>
        <Link href={searchAddress({ text })} autofocus>
          Search the types and bodies of all events for <strong class="asked">{escapeText(text)}</strong>
        </Link>
      </p>
      <p class="hint">Nothing is found when it is read as {tried.join(', or as ')}.</p>
      {isLikeTime(text) && (
        <p class="hint">
          <Marked text={timeRefusal(text)} />
        </p>
      )}
    </>
  );
}

/** Readings that found nothing, and other places to look. */
export function NothingFound({ text, tried, timestamp, nearest }: NothingFoundProps) {
  return (
    <section class="error" role="alert">
      <p class="message">
        Nothing is found for <strong class="asked">{escapeText(text)}</strong>.
      </p>
      {tried.length > 0 && <p>It was read as {tried.join(', as ')}.</p>}
      <p class="hint">
        <Link href={addressAround({ first: timestamp.time, last: timestamp.time })}>Events around its time</Link>{' '}
        <Time at={timestamp.time} />
      </p>
      {nearest.length > 0 && (
        <p class="hint">
          The nearest events:{' '}
          {nearest.map(({ timestamp: near, type }, index) => (
            <>
              {index > 0 && ', '}
              <EventLink timestamp={near} text={near.toString()} /> <Text value={type} />
            </>
          ))}
        </p>
      )}
      <p>
        <Link href={searchAddress({ text })}>Search the types and bodies of all events for this text</Link>
      </p>
    </section>
  );
}
