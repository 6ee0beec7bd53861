import { isDeeperThan } from '../../json/text/depth.js';
import { ExactNumber } from '../../json/exact-number.js';
import { parseJsonText } from '../../json/parse.js';
import type { JsonValue } from '../../json/types.js';
import { escapeJson } from '../../text/escape.js';
import { decimal } from '../../text/figures.js';
import { Link } from './href.js';

/** Deepest nesting that is still indented. */
const MAX_INDENTED_DEPTH = 200;

/** Number of characters that are shown of a text. */
const MOST_SHOWN = 100_000;

interface JsonViewProps {
  readonly text: string;
  readonly label: string;
  /** The address of the whole text as a file, for a text of which only the beginning is shown. */
  readonly file: string;
}

/** JSON text on several lines, its numbers digit for digit, what would control a terminal as escapes; of a long one the beginning. */
export function JsonView({ text, label, file }: JsonViewProps) {
  if (text.length > MOST_SHOWN)
    return (
      <>
        <p class="note part">
          {`This is the beginning, ${decimal(MOST_SHOWN)} of ${decimal(text.length)} characters. `}
          <Link href={file}>The whole as a file</Link>
        </p>
        <pre class="json" tabindex={0} role="region" aria-label={`${label}, the beginning`}>
          {`${escapeJson(text.slice(0, MOST_SHOWN))}…`}
        </pre>
      </>
    );
  return (
    <pre class="json" tabindex={0} role="region" aria-label={label}>
      {isDeeperThan(text, MAX_INDENTED_DEPTH) ? escapeJson(text) : <Value value={parseJsonText(text)} indent="" />}
    </pre>
  );
}

function Value({ value, indent }: { readonly value: JsonValue; readonly indent: string }) {
  if (typeof value === 'string') return <span class="s">{quoted(value)}</span>;
  if (typeof value === 'number' || typeof value === 'bigint' || value instanceof ExactNumber)
    return <span class="n">{String(value)}</span>;
  if (value === null || typeof value === 'boolean') return <span class="w">{String(value)}</span>;
  const inner = `${indent}  `;
  const isList = Array.isArray(value);
  const [open, close] = isList ? (['[', ']'] as const) : (['{', '}'] as const);
  const members: [string | undefined, JsonValue][] = isList
    ? value.map((item) => [undefined, item])
    : Object.entries(value);
  if (members.length === 0) return <>{open + close}</>;
  return (
    <>
      {open}
      {members.map(([key, member], index) => (
        <>
          {`\n${inner}`}
          {key !== undefined && (
            <>
              <span class="k">{quoted(key)}</span>
              {': '}
            </>
          )}
          <Value value={member} indent={inner} />
          {index < members.length - 1 && ','}
        </>
      ))}
      {`\n${indent}${close}`}
    </>
  );
}

function quoted(text: string): string {
  return escapeJson(JSON.stringify(text));
}
