import { type Change, diffJson, patchOperations } from '../../json/diff.js';
import { parseJsonText } from '../../json/parse.js';
import { printJson } from '../../json/print.js';
import type { Step } from './fold-steps.js';
import { missingText } from './gaps.js';
import { map } from '../output/iterate.js';
import type { Output } from '../output/output.js';
import { localTime } from '../input/time-argument.js';
import { changeLines, changePaint } from '../render/changes.js';
import { escapeText } from '../render/escape.js';
import { flow } from '../render/flow.js';
import { wrapWords } from '../render/words.js';

/** Prints what each event did to the state, as it comes; resolves to whether a handler failed or events were missing. */
export async function printSteps(steps: AsyncIterable<Step>, output: Output): Promise<boolean> {
  let faulty = false;
  const looked = async function* () {
    for await (const step of steps) {
      faulty ||= step.error !== undefined || step.gapAfter !== undefined;
      yield step;
    }
  };
  const changesOf = ({ before, after }: Step) =>
    before === after ? [] : diffJson(parseJsonText(before), parseJsonText(after));
  if (output.quiet) await output.lines(looked(), ({ event }) => event.timestamp.toString());
  else if (output.format === 'table') {
    await output.lines(looked(), stepRenderer(output, changesOf));
  } else
    await output.jsonItems(
      map(looked(), (step) => {
        const { event, error, gapAfter } = step;
        const { sequence, timestamp, type } = event;
        const facts = JSON.stringify({ aggregateId: event.aggregateId.hex, sequence, timestamp, type });
        const fault = error === undefined ? null : { code: error.code, message: error.message };
        return `${facts.slice(0, -1)},"patch":${printJson(patchOperations(changesOf(step)))},"error":${JSON.stringify(fault)},"gapAfter":${gapAfter ?? null}}`;
      }),
    );
  return faulty;
}

/** What stands before all that an event did. */
const INDENT = '        ';

function stepRenderer({ style, columns }: Output, changesOf: (step: Step) => Change[]): (step: Step) => string {
  // Of a fault nothing may be lost.
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
