import type { StateLine } from '../../../folding/state-lines.js';
import { endOfString } from '../../../json/text/tokens.js';
import { escapeJson } from '../../../text/escape.js';
import { decimal } from '../../../text/figures.js';
import { Link } from '../../parts/href.js';
import { addressOf, type AggregateRequest } from './request.js';
import { visibleLines } from './visible-lines.js';

const SIGNS: Readonly<Record<StateLine['change'], string>> = { same: ' ', added: '+', changed: '~', removed: '-' };

/** Number of characters of a line that are shown. */
export const MOST_OF_LINE = 2_000;

interface LinesProps {
  readonly lines: readonly StateLine[];
  readonly label: string;
  readonly request: AggregateRequest;
  /** True where the state is compared with a later one: what that has besides comes, what it lacks goes. @defaultValue false */
  readonly isLater?: boolean;
}

const IN_TIME: Readonly<Record<StateLine['change'], StateLine['change']>> = {
  same: 'same',
  added: 'removed',
  changed: 'changed',
  removed: 'added',
};

/** The lines of a state, those that changed with a sign; a key links to the events that changed its value. */
export function Lines({ lines, label, request, isLater = false }: LinesProps) {
  return (
    <pre class="json state" tabindex={0} role="region" aria-label={label}>
      {visibleLines(lines, request.isWhole).map((line) =>
        'leftOut' in line && request.isWhole ? (
          <span class="left-out">{`  … ${line.leftOut} more lines, which are too many to be shown here\n`}</span>
        ) : 'leftOut' in line ? (
          <Link class="left-out" href={addressOf(request, { isWhole: true })}>
            {`  … ${line.leftOut} more lines\n`}
          </Link>
        ) : (
          <Line line={line} request={request} isLater={isLater} />
        ),
      )}
    </pre>
  );
}

interface LineProps extends Required<Pick<LinesProps, 'request' | 'isLater'>> {
  readonly line: StateLine;
}

function Line({ line, request, isLater }: LineProps) {
  const { text, was, path } = line;
  const change = isLater ? IN_TIME[line.change] : line.change;
  const [indent, key, value] = partsOf(text);
  return (
    <span class={change}>
      {`${SIGNS[change]} ${escapeJson(indent)}`}
      {key !== '' && path !== undefined ? (
        <Link
          class="key"
          href={`${addressOf(request, { path, upTo: undefined, after: undefined })}#changes`}
          title="The events that changed it"
        >
          {cut(key)}
        </Link>
      ) : (
        cut(key)
      )}
      {cut(value)}
      {was !== undefined && <span class="was">{`  ${isLater ? 'later' : 'was'} ${cut(was)}`}</span>}
      {'\n'}
    </span>
  );
}

function cut(text: string): string {
  if (text.length <= MOST_OF_LINE) return escapeJson(text);
  return `${escapeJson(text.slice(0, MOST_OF_LINE))}… and ${decimal(text.length - MOST_OF_LINE)} more characters`;
}

/** The indent of a line, its key if it has one, and the rest. */
function partsOf(text: string): readonly [indent: string, key: string, value: string] {
  // Spaces only: any other blank is a character of the text, and is escaped as such.
  const indent = /^ */.exec(text)?.[0] ?? '';
  const rest = text.slice(indent.length);
  const end = rest.startsWith('"') ? endOfString(rest, 0) : 0;
  return rest.startsWith(': ', end) && end > 0 ? [indent, rest.slice(0, end), rest.slice(end)] : [indent, '', rest];
}
