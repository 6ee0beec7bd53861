import type { StoredEvent } from '../../events.js';
import { localTime } from '../time-argument.js';
import { escapeText } from './escape.js';
import type { Style } from './style.js';
import { cut, padEnd, textWidth } from './width.js';

const ID_WIDTH = 32;
const TIME_WIDTH = 23;
const TIMESTAMP_WIDTH = 46;
const GAP = '  ';

/** Where the columns of a table of events stand. */
export interface EventTable {
  /** The width that lines are cut to; absent when they are printed in full. */
  readonly columns: number | undefined;
  readonly sequenceWidth: number;
  readonly typeWidth: number;
  readonly style: Style;
  /** Whether every line begins with the id of its aggregate, in full: it is what the next command is given. */
  readonly ofMany: boolean;
}

/**
 * Lays out a table by its first events, so that the rest can be printed as it comes: columns of fixed width, since
 * laying out all rows together takes a second per thousand. For a terminal of `columns` width the type gets at most a
 * quarter of it and the body what is left.
 */
export function eventTable(
  first: readonly StoredEvent[],
  columns: number | undefined,
  style: Style,
  ofMany = false,
): EventTable {
  const widest = Math.max(4, ...first.map(({ type }) => textWidth(escapeText(type))));
  const digits = Math.max(...first.map(({ sequence }) => String(sequence).length), heading(ofMany).length);
  return {
    columns,
    style,
    ofMany,
    sequenceWidth: digits,
    typeWidth: columns === undefined ? widest : Math.min(widest, Math.max(12, columns >> 2)),
  };
}

/** The line of headings. */
export function eventTableHead({ columns, typeWidth, sequenceWidth, style, ofMany }: EventTable): string {
  const time = columns === undefined ? 'TIMESTAMP'.padEnd(TIMESTAMP_WIDTH) : 'TIME'.padEnd(TIME_WIDTH);
  const sequence = heading(ofMany).padStart(sequenceWidth);
  const head = [...(ofMany ? ['AGGREGATE'.padEnd(ID_WIDTH)] : []), sequence, time, 'TYPE'.padEnd(typeWidth), 'BODY'];
  return style.heading(columns === undefined ? head.join(GAP) : cut(head.join(GAP), columns));
}

/** The line of one event. Nothing that was stored reaches the terminal raw. */
export function eventTableRow(event: StoredEvent, table: EventTable): string {
  const { columns, typeWidth, sequenceWidth, style, ofMany } = table;
  const begin = [...(ofMany ? [event.aggregateId.hex] : []), String(event.sequence).padStart(sequenceWidth)];
  const type = escapeText(event.type);
  const body = escapeText(event.body);
  if (columns === undefined) {
    const timestamp = event.timestamp.toString().padEnd(TIMESTAMP_WIDTH);
    return [...begin, timestamp, style.type(padEnd(type, typeWidth), event.type), body].join(GAP);
  }
  const time = localTime(event.timestamp.time).padEnd(TIME_WIDTH);
  const shownType = padEnd(cut(type, typeWidth), typeWidth);
  const rest = columns - [...begin, time, ''].join(GAP).length - typeWidth - GAP.length;
  // A terminal too narrow for all columns shows the beginning of the line, without colour, and no body.
  if (rest <= 0) return cut([...begin, time, shownType].join(GAP), columns).trimEnd();
  return [...begin, style.faint(time), style.type(shownType, event.type), cut(body, rest)].join(GAP);
}

function heading(ofMany: boolean): string {
  return ofMany ? 'SEQ' : 'SEQUENCE';
}
