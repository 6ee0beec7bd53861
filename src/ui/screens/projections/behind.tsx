import { isBehind } from '../../../projection/status/copy-status.js';
import { behindText, statusText, waitingText } from '../../../projection/status/describe-status.js';
import { Link } from '../../parts/href.js';
import { Table } from '../../parts/table.js';
import { Text } from '../../parts/text.js';
import type { Distances } from './distances.js';

/** Distance of each copy from the log. */
export function Behind({ states, part }: Distances) {
  const isPart = part !== undefined;
  return (
    <section id="behind">
      <h2>Behind the log</h2>
      <Table
        caption="How far each is behind the log"
        rows={states}
        columns={[
          { heading: 'Name', cell: ({ copy }) => <Text value={copy.name} /> },
          { heading: 'Version', cell: ({ copy }) => String(copy.version), numeric: true },
          { heading: 'Status', cell: (state) => statusText(state), optional: true },
          {
            heading: 'Behind',
            cell: (state) => (
              <span class={isBehind(state) ? 'bad' : isPart ? undefined : 'good'}>
                <Text value={behindText(state, { isPart })} />
              </span>
            ),
          },
        ]}
      />
      {isPart && (
        <p class="hint">
          {`Compared with a part of the log only, because all of it takes a while: ${part}, the oldest aggregates. `}
          <Link href="/projections?behind=exact">Count exactly</Link>: the database walks along the whole log.
        </p>
      )}
      {states.map(
        (state) =>
          state.waitsFor.length > 0 && (
            <p class="bad">
              <Text value={waitingText(state)} />
            </p>
          ),
      )}
    </section>
  );
}

/** The place for {@link Behind} on a page that is shown before it is counted. */
export function BehindLater() {
  return (
    <section id="behind" data-load="behind">
      <h2>Behind the log</h2>
      <p class="hint">
        <Link href="/projections?behind=shown">Count what was not taken in</Link>
      </p>
    </section>
  );
}
