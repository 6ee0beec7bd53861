import { Field } from '../../parts/field.js';
import { zoneNote } from '../../parts/zone-note.js';
import { KeepingForm } from './keeping-form.js';
import type { ReadRequest } from './request.js';

interface SearchFormsProps {
  readonly read: ReadRequest;
  /** The sequence of the shown point. */
  readonly sequence: number;
}

/** Boxes that jump to a sequence or a time, find a text in the events, compare with another point, and list the changes of a value. */
export function SearchForms({ read, sequence }: SearchFormsProps) {
  const { request, faults, written } = read;
  return (
    <div class="jumps">
      <KeepingForm request={request} own={['at', 'time', 'upto', 'after', 'find', 'to', 'fold']}>
        <input type="hidden" name="from" value={String(sequence)} data-at />
        <Field
          name="at"
          id="jump"
          label="Event or time"
          size={18}
          value={written.at}
          placeholder="41, yesterday 14:34"
          note={zoneNote()}
          fault={faults['at']}
        />
        <button type="submit">Go</button>
      </KeepingForm>
      <KeepingForm id="find-form" request={request} own={['at', 'time', 'find', 'to', 'fold']}>
        <input type="hidden" name="at" value={String(sequence)} data-at />
        <Field name="find" id="find-text" label="Text" size={12} value={request.find} />
        <span class="buttons">
          <button type="submit" name="to" value="next" aria-label="Find the next one" title="Find the next one">
            ›
          </button>
          <button type="submit" name="to" value="previous" aria-label="Find the one before" title="Find the one before">
            ‹
          </button>
        </span>
      </KeepingForm>
      <KeepingForm request={request} own={['pin', 'to', 'fold']}>
        <Field
          name="pin"
          id="pin-box"
          label="Compare with"
          size={18}
          value={written.pin}
          placeholder="41, last, 2h ago"
          note={zoneNote()}
          fault={faults['pin']}
        />
        <button type="submit">Compare</button>
      </KeepingForm>
      <KeepingForm request={request} own={['path', 'upto', 'after', 'to', 'fold']} goesTo="changes">
        <Field
          name="path"
          id="path-box"
          label="Changes of"
          size={18}
          value={request.path ?? written.path}
          placeholder="/balance"
          fault={faults['path']}
        />
        <button type="submit">List</button>
      </KeepingForm>
    </div>
  );
}
