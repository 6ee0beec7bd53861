import { Field } from '../../parts/field.js';
import { useHref } from '../../parts/href.js';
import { zoneNote } from '../../parts/zone-note.js';
import { isoTime } from '../search/search-query.js';
import { MOST_LANES, type ReadCompare } from './compare-query.js';

/** The form that adds an aggregate to those that are compared, and narrows the time. */
export function CompareForm({ read: { query, faults, written } }: { readonly read: ReadCompare }) {
  const href = useHref();
  const zone = zoneNote();
  return (
    <form class="search" action={href('/compare')} method="get" aria-label="Aggregates to compare">
      {query.ids.map((id) => (
        <input type="hidden" name="id" value={id.hex} />
      ))}
      {(query.ids.length < MOST_LANES || faults['id'] !== undefined) && (
        <Field
          name="id"
          id="add"
          label="Add an aggregate"
          value={written.id}
          placeholder="id, or its first digits"
          fault={faults['id']}
        />
      )}
      <Field
        name="since"
        label="From"
        value={written.since ?? timeText(query.since)}
        placeholder="yesterday 14:30"
        note={zone}
        fault={faults['since']}
      />
      <Field
        name="until"
        label="To"
        value={written.until ?? timeText(query.until)}
        placeholder="now"
        note={zone}
        fault={faults['until']}
      />
      <p class="field">
        <button type="submit">Compare</button>
      </p>
    </form>
  );
}

function timeText(time: number | undefined): string {
  return time === undefined ? '' : isoTime(time);
}
