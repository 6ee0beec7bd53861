import { escapeText } from '../../../text/escape.js';
import { Field } from '../../parts/field.js';
import { useHref } from '../../parts/href.js';
import { Text } from '../../parts/text.js';
import { zoneNote } from '../../parts/zone-note.js';
import type { PathFault } from './path-fault.js';
import type { SearchFaults, SearchQuery, SearchTexts } from './search-query.js';

interface SearchFormProps {
  readonly texts: SearchTexts;
  readonly order: SearchQuery['order'];
  readonly faults: SearchFaults;
  readonly pathFault: PathFault | undefined;
}

/** The form of a search. Its address has all that is in it. */
export function SearchForm({ texts, order, faults, pathFault }: SearchFormProps) {
  const href = useHref();
  const zone = zoneNote();
  return (
    <form class="search" action={href('/search')} method="get" aria-label="Search events">
      <div class="row">
        {[...texts.types, ''].map((type, index) => (
          <Field
            name="type"
            id={`type-${index}`}
            label={index === 0 ? 'Type' : 'or type'}
            value={type}
            fault={faults.types}
          />
        ))}
      </div>
      <div class="body">
        <Field
          name="where"
          label="Body (jsonpath)"
          value={texts.where}
          placeholder='$.amount > 100 && $.owner == "Ada"'
          fault={faults.where ?? pathFault?.message}
        />
        {pathFault !== undefined && <PathProblem path={texts.where} fault={pathFault} />}
      </div>
      <Field name="text" label="Text in type or body" value={texts.text} fault={faults.text} />
      <div class="row">
        <Field
          name="since"
          label="From"
          value={texts.since}
          placeholder="yesterday 14:30"
          note={zone}
          fault={faults.since}
        />
        <Field name="until" label="To" value={texts.until} placeholder="now" note={zone} fault={faults.until} />
        <p class="field">
          <label for="order">Order</label>
          <select id="order" name="order">
            <option value="latest" selected={order === 'latest'}>
              latest first
            </option>
            <option value="earliest" selected={order === 'earliest'}>
              earliest first
            </option>
          </select>
        </p>
        <p class="field">
          <button type="submit">Search</button>
        </p>
      </div>
      {faults.after !== undefined && (
        <p class="fault" role="alert">
          {faults.after}
        </p>
      )}
    </form>
  );
}

/** The path with the place where it went wrong, and what to write instead. */
function PathProblem({ path, fault: { hint, place } }: { readonly path: string; readonly fault: PathFault }) {
  return (
    <div class="path-problem">
      {place !== undefined && (
        <p>
          {place[0] === path.length ? 'It ends too early: ' : `Not understood from character ${place[0] + 1} on: `}
          <code>
            {escapeText(path.slice(0, place[0]))}
            <mark>{escapeText(path.slice(...place)) || '…'}</mark>
            {escapeText(path.slice(place[1]))}
          </code>
        </p>
      )}
      {hint !== undefined && (
        <p class="hint">
          <Text value={hint} />
        </p>
      )}
    </div>
  );
}
