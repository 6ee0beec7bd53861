import { inspect, types } from 'node:util';
import { structuredPatch } from 'diff';

/** Lines shown around a difference. */
const CONTEXT = 6;
/** Lines shown of a value that there is nothing to compare with. */
const MOST_LINES = 40;
/** Lines shown of a difference. */
const MOST_LINES_THAT_DIFFER = 200;
/** Lines that may differ where a difference is looked for: beyond, that takes long and is of no use to a reader. */
const MAX_EDITS = 2000;

/** The part of an event that a message shows. */
export interface ShownEvent {
  readonly type: string;
  readonly body: unknown;
}

/** Events with nothing but their types and bodies. */
export function shownEvents(events: readonly ShownEvent[]): ShownEvent[] {
  return events.map(({ type, body }) => ({ type, body }));
}

/** A value as people read it, a property a line, in the order of keys; the same text for equal values. */
export function textOf(value: unknown): string {
  return inspect(value, {
    depth: Infinity,
    maxArrayLength: Infinity,
    maxStringLength: Infinity,
    sorted: true,
    compact: false,
  });
}

/** Events as people read them: type and body. */
export function textOfEvents(events: readonly ShownEvent[]): string {
  if (events.length === 0) return '(no events)';
  return events.map(({ type, body }) => `${type} ${textOf(body)}`).join('\n');
}

/** The first lines of a value, which may be long. */
export function beginningOf(text: string, most = MOST_LINES): string {
  const lines = text.split('\n');
  if (lines.length <= most) return text;
  return [...lines.slice(0, most), `… and ${lines.length - most} lines more`].join('\n');
}

/** The lines of two texts that differ, with those around them, below a legend. */
export function differenceOf(
  before: string,
  after: string,
  [minus, plus] = ['expected', 'actual'] as readonly [string, string],
): string {
  if (before === after)
    return `Both look like this, and differ in what is not shown (functions, say, or private fields):\n\n${beginningOf(before)}`;
  const limits = { context: CONTEXT, maxEditLength: MAX_EDITS };
  const patch = structuredPatch('', '', `${before}\n`, `${after}\n`, '', '', limits);
  if (patch === undefined)
    return `They have little in common.\n\n${minus}:\n\n${beginningOf(before)}\n\n${plus}:\n\n${beginningOf(after)}`;
  const parts = patch.hunks.map(({ lines }) => lines.map((line) => `${line.slice(0, 1)} ${line.slice(1)}`.trimEnd()));
  return [
    `- ${minus}`,
    `+ ${plus}`,
    '',
    beginningOf(parts.map((lines) => lines.join('\n')).join('\n  …\n'), MOST_LINES_THAT_DIFFER),
  ].join('\n');
}

/** An error as people read it: its class, its code and its message, and the hint of an error of Maestro. */
export function textOfError(error: unknown): string {
  // Not by class: a runner may have its own `Error`.
  if (!types.isNativeError(error)) return inspect(error);
  const { name, message, code, hint } = error as Error & { readonly code?: unknown; readonly hint?: unknown };
  const said = `${name}${typeof code === 'string' ? ` [${code}]` : ''}${message === '' ? '' : `: ${message}`}`;
  return typeof hint === 'string' ? `${said}\n${hint}` : said;
}
