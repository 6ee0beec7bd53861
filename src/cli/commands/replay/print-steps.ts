import { type Change, diffJson } from '../../../json/compare/diff.js';
import { objectText } from '../../../json/text/object-text.js';
import { parseJsonText } from '../../../json/parse.js';
import { localTime } from '../../render/local-time.js';
import { tap } from '../../output/iterate.js';
import type { Output } from '../../output/output.js';
import { printList } from '../../output/print-list.js';
import { changeLines, changePaint } from '../../render/changes.js';
import { escapeText } from '../../../text/escape.js';
import { flow } from '../../render/flow.js';
import { wrapWords } from '../../render/words.js';
import type { Step } from '../../../folding/fold-steps.js';
import { missingText } from '../../../text/missing-text.js';
import { patchJson } from '../../fold/state-changes.js';

/** Prints the changes by each event as they come; resolves to true when a handler failed or events were missing. */
export async function printSteps(steps: AsyncIterable<Step>, output: Output): Promise<boolean> {
  let faulty = false;
  const looked = tap(steps, ({ error, gapAfter }) => {
    faulty ||= error !== undefined || gapAfter !== undefined;
  });
  await printList(looked, output, {
    id: ({ event }) => event.timestamp.toString(),
    json: stepJson,
    table: () => ({ line: stepRenderer(output) }),
    // Nothing is laid out, and states may be large.
    layoutItems: 1,
  });
  return faulty;
}

function changesOf({ before, after }: Step): Change[] {
  return before === after ? [] : diffJson(parseJsonText(before), parseJsonText(after));
}

function stepJson(step: Step): string {
  const { event, error, gapAfter } = step;
  const { aggregateId, sequence, timestamp, type } = event;
  return objectText({
    aggregateId: aggregateId.hex,
    sequence,
    timestamp,
    type,
    patch: patchJson(changesOf(step)),
    error: error === undefined ? null : { code: error.code, message: error.message },
    gapAfter: gapAfter ?? null,
  });
}

/** Indent of the changes by an event. */
const INDENT = '        ';

function stepRenderer({ style, columns }: Output): (step: Step) => string {
  // Faults are wrapped, never cut.
  const fault = (text: string) =>
    (columns === undefined ? [text] : wrapWords(text, columns, INDENT)).map((line) => style.removed(line));
  return (step) => {
    const { event, error, gapAfter } = step;
    const { sequence, timestamp, type } = event;
    const time = columns === undefined ? timestamp.toString() : localTime(timestamp.time);
    const cells = [
      { text: String(sequence).padStart(6) },
      { text: time },
      { text: escapeText(type), paint: (text: string) => style.type(text, type), least: 16 },
    ];
    const head =
      columns === undefined ? [cells.map(({ text, paint = String }) => paint(text)).join('  ')] : flow(cells, columns);
    const changes = changesOf(step).flatMap((change) =>
      changeLines(change, columns, INDENT).map(changePaint(change, style)),
    );
    return [
      ...(gapAfter === undefined ? [] : fault(`${INDENT}! ${missingText(gapAfter, sequence)}`)),
      ...head,
      ...(error === undefined ? changes : fault(`${INDENT}! ${escapeText(error.message)}`)),
      ...(error === undefined && changes.length === 0 ? [style.faint(`${INDENT}(no change)`)] : []),
    ].join('\n');
  };
}
