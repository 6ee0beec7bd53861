import { ExactNumber } from '../../../json/exact-number.js';
import { parseJsonText } from '../../../json/parse.js';
import { pointerKeys, valueAt } from '../../../json/path/pointer.js';
import { printJson } from '../../../json/print.js';
import type { JsonValue } from '../../../json/types.js';
import { escapeJson } from '../../../text/escape.js';
import type { UiContext } from '../../context.js';
import { CopyCommand } from '../../parts/copy-command.js';
import type { Moment } from './moment.js';

/** The command that finds where a condition on the value begins or ends to hold, for the one that is looked for to be written into it. */
export function BisectCommand({
  ui,
  moment: { request, history, frame },
}: {
  readonly ui: UiContext;
  readonly moment: Moment;
}) {
  if (frame === undefined) return <></>;
  const state = frame.values?.after ?? parseJsonText(frame.state);
  const by = request.as === undefined ? [] : ['--aggregate', request.as];
  // The escapes of JSON mean the same in jsonpath.
  const condition = escapeJson(conditionOn(pointerKeys(request.path ?? '') ?? [], state));
  return (
    <p class="hint">
      The events at which a condition on it begins or ends to hold, such as this one:{' '}
      <CopyCommand words={['bisect', history.id.hex, '--where', condition, ...by, ...ui.flags]} />
    </p>
  );
}

/** An example of a condition in jsonpath on the value at a path: of a number that it is negative, of other simple values that they are as now. */
export function conditionOn(keys: readonly string[], state: JsonValue): string {
  const path = keys.reduce((text, key, index) => text + accessor(key, valueAt(state, keys.slice(0, index))), '$');
  const value = valueAt(state, keys);
  if (isNumber(value)) return `${path} < 0`;
  if (value === undefined || (typeof value === 'object' && value !== null)) return `exists(${path})`;
  return `${path} == ${printJson(value)}`;
}

/** The step of a path into a value. */
function accessor(key: string, parent: JsonValue | undefined): string {
  if (Array.isArray(parent)) return `[${key}]`;
  return /^[A-Za-z_]\w*$/.test(key) ? `.${key}` : `.${JSON.stringify(key)}`;
}

function isNumber(value: JsonValue | undefined): boolean {
  return typeof value === 'number' || typeof value === 'bigint' || value instanceof ExactNumber;
}
