import { type Change, diffJson } from '../../../json/compare/diff.js';
import { differenceText } from '../../../json/compare/difference.js';
import type { JsonValue } from '../../../json/types.js';
import { counted } from '../../../text/figures.js';
import { Link } from '../../parts/href.js';
import { Table } from '../../parts/table.js';
import { Text } from '../../parts/text.js';
import { addressOf, type AggregateRequest } from './request.js';
import { ValueText } from './value-text.js';

/** Number of changes that are listed. */
const MOST = 40;

/** The sequence of the point that is shown, and of the one that it is compared with. */
interface Compared {
  readonly pinned: number;
  readonly shown: number;
}

interface ChangesProps {
  readonly before: JsonValue;
  readonly after: JsonValue;
  /** The points that are compared; absent where it is the event and the one before. */
  readonly compared: Compared | undefined;
  readonly request: AggregateRequest;
}

/** The changes, value by value; each path links to the events that changed it. */
export function ChangesTable({ before, after, compared, request }: ChangesProps) {
  const { since, headings } = wordsOf(compared);
  const changes = diffJson(before, after);
  if (changes.length === 0) return <p class="empty">{`Nothing changed ${since}.`}</p>;
  return (
    <div class="changes">
      <p>{`${counted(changes.length, 'change')} ${since}`}</p>
      <Table<Change>
        caption={`What changed ${since}`}
        rows={changes.slice(0, MOST)}
        columns={[
          {
            heading: 'Path',
            cell: ({ path }) => (
              <Link
                href={`${addressOf(request, { path, upTo: undefined, after: undefined })}#changes`}
                title="The events that changed it"
              >
                <Text value={path === '' ? 'whole state' : path} />
              </Link>
            ),
          },
          {
            heading: headings[0],
            cell: (change) => <ValueText value={'before' in change ? change.before : undefined} />,
          },
          {
            heading: headings[1],
            cell: (change) => <ValueText value={'value' in change ? change.value : undefined} />,
          },
          {
            heading: 'Difference',
            cell: (change) =>
              'before' in change && 'value' in change ? (differenceText(change.before, change.value) ?? '') : '',
            numeric: true,
          },
        ]}
      />
      {changes.length > MOST && <p class="none">{`and ${changes.length - MOST} more, marked below`}</p>}
    </div>
  );
}

/** Since when the changes are, and the points before and after them, in the order of time. */
function wordsOf(compared: Compared | undefined): {
  readonly since: string;
  readonly headings: readonly [string, string];
} {
  if (compared === undefined) return { since: 'by this event', headings: ['Before', 'After'] };
  const { pinned, shown } = compared;
  if (pinned <= shown) return { since: `since event ${pinned}`, headings: [`At ${pinned}`, `At ${shown}`] };
  return { since: `compared with event ${pinned}, which is later`, headings: [`At ${shown}`, `At ${pinned}`] };
}
