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

interface ChangesProps {
  readonly before: JsonValue;
  readonly after: JsonValue;
  /** Since when, in words. */
  readonly since: string;
  readonly request: AggregateRequest;
}

/** The changes, value by value; each path links to the events that changed it. */
export function ChangesTable({ before, after, since, request }: ChangesProps) {
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
                href={`${addressOf(request, { path, upTo: undefined })}#changes`}
                title="The events that changed it"
              >
                <Text value={path === '' ? 'whole state' : path} />
              </Link>
            ),
          },
          { heading: 'Before', cell: (change) => <ValueText value={'before' in change ? change.before : undefined} /> },
          { heading: 'After', cell: (change) => <ValueText value={'value' in change ? change.value : undefined} /> },
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
