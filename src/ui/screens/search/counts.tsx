import type { EventHistogram } from '../../../admin/log-statistics/histogram.js';
import { decimal } from '../../../text/figures.js';
import { Link } from '../../parts/href.js';
import { Text } from '../../parts/text.js';
import { searchAddress } from './search-address.js';
import type { SearchQuery } from './search-query.js';
import { isNone, TimeHistogram } from './time-histogram.js';

interface CountsProps {
  readonly query: SearchQuery;
  /** Absent in an empty log. */
  readonly histogram: EventHistogram | undefined;
}

/** Numbers of events over time and of each type. */
export function Counts({ query, histogram }: CountsProps) {
  const hasTimes = query.since !== undefined || query.until !== undefined;
  return (
    <section id="counts" aria-label="Numbers of events">
      {histogram !== undefined && (
        <>
          <TimeHistogram query={query} histogram={histogram} />
          {histogram.sampled !== undefined && (
            <p class="hint">
              {isNone(histogram)
                ? `None of a random sample of ${decimal(histogram.sampled)} events of this time matches; few others may. `
                : `The numbers are estimates from a random sample of ${decimal(histogram.sampled)} events of this time; a rare type may be missing. `}
              A shorter time is counted exactly.
            </p>
          )}
          {hasTimes && (
            <p>
              <Link href={searchAddress({ ...query, since: undefined, until: undefined, after: undefined })}>
                All times
              </Link>
            </p>
          )}
          <TypeFacets query={query} histogram={histogram} />
        </>
      )}
    </section>
  );
}

/** The place of the numbers: filled by script once the page is shown, or by its link. */
export function PendingCounts({ query }: { readonly query: SearchQuery }) {
  const address = searchAddress(query);
  return (
    <section id="counts" data-load="counts" aria-label="Numbers of events">
      <p>
        <Link href={`${address}${address.includes('?') ? '&' : '?'}counts=shown`}>
          Count the events over time, and by type
        </Link>
      </p>
    </section>
  );
}

/** The types with their numbers; each link adds a type to the search, or takes it away. */
function TypeFacets({ query, histogram }: { readonly query: SearchQuery; readonly histogram: EventHistogram }) {
  const about = histogram.sampled === undefined ? '' : '~';
  return (
    <ul class="facets" aria-label="Types">
      {histogram.types.map(({ type, events }) => {
        const isChosen = query.types.includes(type);
        const types = isChosen ? query.types.filter((other) => other !== type) : [...query.types, type];
        return (
          <li>
            <Link
              href={searchAddress({ ...query, types, after: undefined })}
              aria-current={isChosen ? 'true' : undefined}
              title={isChosen ? 'Search without this type' : 'Search this type'}
            >
              <Text value={type} /> <span class="count">{about + decimal(events)}</span>
            </Link>
          </li>
        );
      })}
    </ul>
  );
}
