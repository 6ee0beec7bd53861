import { isDeeperThan } from '../../json/depth.js';
import { ExactNumber } from '../../json/exact-number.js';
import { parseJsonText } from '../../json/parse.js';
import type { JsonValue } from '../../json/types.js';
import { escapeJson } from '../../text/escape.js';

/** Deepest nesting that is still indented. */
const MAX_INDENTED_DEPTH = 200;

/** JSON text on several lines, its numbers digit for digit, what would control a terminal as escapes. */
export function JsonView({ text, label }: { readonly text: string; readonly label: string }) {
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
