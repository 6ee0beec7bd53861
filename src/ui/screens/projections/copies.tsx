import { type CopyFacts, type CopyStatus, isBehind } from '../../../projection/status/copy-status.js';
import { behindText, speedText, waitingText } from '../../../projection/status/describe-status.js';
import { decimal } from '../../../text/figures.js';
import { Link } from '../../parts/href.js';
import { type Column, Table } from '../../parts/table.js';
import { Text } from '../../parts/text.js';
import { Time } from '../../parts/time.js';
import type { Distances } from './distances.js';

const COLUMNS: readonly Column<CopyFacts>[] = [
  { heading: 'Name', cell: ({ copy }) => <Text value={copy.name} /> },
  { heading: 'Version', cell: ({ copy }) => decimal(copy.version), numeric: true },
  { heading: 'Kind', cell: ({ copy }) => copy.kind },
  { heading: 'Status', cell: ({ copy }) => copy.status },
  {
    heading: 'Workers',
    cell: (each) => (isIdle(each) ? <Bad text="0" /> : decimal(each.activity.workers)),
    numeric: true,
  },
  { heading: 'Events/s', cell: (each) => speedText(each), numeric: true, optional: true },
  { heading: 'Parked', cell: ({ activity }) => <Count of={activity.failed} />, numeric: true },
  { heading: 'Gaps', cell: ({ activity }) => <Count of={activity.gaps} />, numeric: true },
];
const LAST_COLUMNS: readonly Column<CopyFacts>[] = [
  { heading: 'Tables missing', cell: ({ missing }) => <Bad text={missing.join(', ')} />, optional: true },
  { heading: 'Made', cell: ({ copy }) => <Time at={copy.createdAt.getTime()} toSecond />, optional: true },
];

/** The copies, each with its distance from the log. */
export function Copies({ states, part }: Distances) {
  const isPart = part !== undefined;
  return (
    <section id="behind">
      <Table<CopyStatus>
        caption="Projections and subscriptions"
        rows={states}
        columns={[
          ...COLUMNS,
          { heading: 'Behind the log', cell: (state) => <Distance {...{ state, isPart }} /> },
          ...LAST_COLUMNS,
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

/** The copies before their distances are counted, which is done once the page is shown, or by a link. */
export function UncountedCopies({ facts }: { readonly facts: readonly CopyFacts[] }) {
  const behind = () => <Link href="/projections?behind=shown">count</Link>;
  return (
    <section id="behind" data-load="behind">
      <Table
        caption="Projections and subscriptions"
        rows={facts}
        columns={[...COLUMNS, { heading: 'Behind the log', cell: behind }, ...LAST_COLUMNS]}
      />
    </section>
  );
}

/** The distance of a copy from the log. What it has parked and what is missing has columns of its own. */
function Distance({ state, isPart }: { readonly state: CopyStatus; readonly isPart: boolean }) {
  const distance = { ...state, missing: [], lag: { ...state.lag, failed: 0, gaps: 0 } };
  return (
    <span class={isBehind(distance) ? 'bad' : isPart ? undefined : 'good'}>
      <Text value={behindText(distance, { isPart })} />
    </span>
  );
}

/** True for a copy that is in use or being filled, with nobody at it. */
export function isIdle({ copy, activity }: CopyFacts): boolean {
  return copy.status !== 'retired' && activity.workers === 0;
}

function Count({ of }: { readonly of: number }) {
  return of === 0 ? <>0</> : <Bad text={decimal(of)} />;
}

/** Something that is not as it should be. */
export function Bad({ text }: { readonly text: string }) {
  return (
    <span class="bad">
      <Text value={text} />
    </span>
  );
}
