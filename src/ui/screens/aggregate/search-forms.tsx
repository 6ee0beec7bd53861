import { useHref } from '../../parts/href.js';
import { KeptFields } from './kept-fields.js';
import type { AggregateRequest } from './request.js';

/** Boxes that jump to a time or a sequence, find a text in the events, and list the changes of a value. */
export function SearchForms({ request, sequence }: { readonly request: AggregateRequest; readonly sequence: number }) {
  const action = useHref()(`/aggregate/${request.id.hex}`);
  return (
    <div class="jumps">
      <form method="get" action={action}>
        <KeptFields request={request} own={['at', 'time', 'upto', 'find', 'fold']} />
        <label>
          Event <input id="jump-sequence" name="at" inputmode="numeric" size={8} placeholder="41 or last" />
        </label>
        <button type="submit">Go</button>
      </form>
      <form method="get" action={action}>
        <KeptFields request={request} own={['at', 'time', 'upto', 'find', 'fold']} />
        <label>
          Time <input id="jump-time" name="time" size={18} placeholder="yesterday 14:34" />
        </label>
        <button type="submit">Go</button>
      </form>
      <form method="get" action={action} id="find-form">
        <KeptFields request={request} own={['at', 'time', 'find', 'to', 'fold']} />
        <input type="hidden" name="at" value={String(sequence)} data-at />
        <label>
          Text in an event <input id="find-text" name="find" type="search" size={18} value={request.find} />
        </label>
        <button type="submit" name="to" value="next">
          Next
        </button>
        <button type="submit" name="to" value="previous">
          Previous
        </button>
      </form>
      <form method="get" action={action}>
        <KeptFields request={request} own={['path', 'upto', 'fold']} />
        <label>
          Changes of <input id="path-box" name="path" size={18} value={request.path} placeholder="/balance" />
        </label>
        <button type="submit">List</button>
      </form>
    </div>
  );
}
