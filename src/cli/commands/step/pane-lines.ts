import { parseJsonText } from '../../../json/parse.js';
import { textApart } from '../../../store/event-metadata.js';
import { indented } from '../../../json/text/indented.js';
import type { Style } from '../../render/style.js';
import { missingText } from '../../../text/missing-text.js';
import { localTime } from '../../render/local-time.js';
import { type StateLine, stateLines } from '../../../folding/state-lines.js';
import { textLines } from '../../../folding/text-lines.js';
import type { View } from './view.js';

/** A line of one half of the screen: plain text, not escaped, and its colour. */
export interface PaneLine {
  readonly text: string;
  /** Text shown behind the line if there is room. */
  readonly aside?: string;
  readonly paint?: ((text: string) => string) | undefined;
  /** True for a line that the event changed. */
  readonly isChange?: boolean;
}

/** The lines of the event. */
export function eventPaneLines({ step }: View['frame'], style: Style): PaneLine[] {
  if (step === undefined) return [{ text: '(before the first event)', paint: style.faint }];
  const { event, gapAfter } = step;
  const { type, timestamp, sequence } = event;
  const { body, metadata } = textApart(event.body);
  const gap = gapAfter === undefined ? [] : [{ text: `! ${missingText(gapAfter, sequence)}`, paint: style.removed }];
  return [
    ...gap,
    { text: type, paint: (text) => style.type(text, type) },
    { text: localTime(timestamp.time), paint: style.faint },
    { text: timestamp.toString(), paint: style.faint },
    { text: '' },
    ...jsonLines(body),
    ...(metadata === undefined ? [] : [{ text: '' }, { text: 'metadata', paint: style.faint }, ...jsonLines(metadata)]),
  ];
}

function jsonLines(json: string): PaneLine[] {
  return indented(json)
    .split('\n')
    .map((text) => ({ text }));
}

const SIGNS: Readonly<Record<StateLine['change'], string>> = { same: ' ', added: '+', changed: '~', removed: '-' };

/** The lines of the state after the event, marked with changes since the state before it, or since the compared one. */
export function stateLinesOf(
  { frame, compared, isRendered }: Pick<View, 'frame' | 'compared' | 'isRendered'>,
  style: Style,
): PaneLine[] {
  const { step, state } = frame;
  const before = compared?.state ?? step?.before ?? state;
  const paints = { same: undefined, added: style.good, changed: style.changed, removed: style.removed };
  const { rendered } = frame;
  const shown =
    isRendered && rendered !== undefined
      ? textLines((compared?.rendered ?? rendered.before)(), rendered())
      : stateLines(parseJsonText(before), parseJsonText(state));
  const lines = shown.map(({ text, change, was }): PaneLine => {
    const line = { text: `${SIGNS[change]} ${text}`, isChange: change !== 'same', paint: paints[change] };
    return was === undefined ? line : { ...line, aside: `  was ${was}` };
  });
  if (step?.error === undefined || compared !== undefined) return lines;
  return [
    { text: `! ${step.error.message}`, paint: style.removed, isChange: true },
    { text: '  The event was skipped: this is the state before it.', paint: style.faint },
    { text: '' },
    ...lines,
  ];
}
