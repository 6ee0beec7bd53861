import type { StoredEvent } from '../../events.js';
import { localTime, shortTime } from '../input/time-argument.js';
import { escapeText } from './escape.js';
import { type Cell, flow, GAP } from './flow.js';
import { ID_WIDTH, shortIdWidth } from './short-ids.js';
import type { Style } from './style.js';
import { cut, padEnd, textWidth } from './width.js';

const TIMESTAMP_WIDTH = 46;
/** A line for each event is worth it when the body has so many columns, or needs fewer: of one aggregate, and of many. */
const BODY_LEAST = { one: 20, many: 30 };
/** The body has so many columns before there is room for the whole timestamp too. */
const BODY_AMPLE = 50;
/** A type goes on in the next line rather than being cut to fewer columns. */
const TYPE_LEAST = 16;
/** Columns for what comes when there is nothing yet to lay a table out by. */
const UNKNOWN = { type: 20, sequence: 4, body: BODY_LEAST.many };

/** Where the columns of a table of events stand. */
export interface EventTable {
  /** The width that lines are fitted to; absent when they are printed in full. */
  readonly columns: number | undefined;
  readonly style: Style;
  /** The number of digits of the id of its aggregate that a line begins with; 0 when all are of one. */
  readonly idWidth: number;
  readonly sequenceWidth: number;
  readonly typeWidth: number;
  /** The local time to the millisecond, to the second, or only the timestamp. */
  readonly time: 'local' | 'short' | 'none';
  /** True when the whole timestamp is shown. */
  readonly hasTimestamp: boolean;
  /** True when an event is one line if it fits; otherwise it takes as many as it needs, the body in the last one. */
  readonly isOneLine: boolean;
}

type Layout = Pick<EventTable, 'idWidth' | 'time' | 'hasTimestamp'>;

/**
 * Lays out a table by its first events, so that the rest can be printed as it comes: columns of fixed width, since
 * laying out all rows together takes a second per thousand. Of the layouts for a terminal the first is taken that leaves
 * enough for the body: with the whole timestamp, without it, with the beginnings of ids, and at last on several lines.
 */
export function eventTable(
  first: readonly StoredEvent[],
  columns: number | undefined,
  style: Style,
  ofMany = false,
): EventTable {
  const widths = (of: (event: StoredEvent) => number, least: number) => Math.max(least, ...first.map(of));
  const isEmpty = first.length === 0;
  const digits = widths(({ sequence }) => String(sequence).length, isEmpty ? UNKNOWN.sequence : 1);
  const widestType = widths(({ type }) => textWidth(escapeText(type)), isEmpty ? UNKNOWN.type : 'TYPE'.length);
  const sequenceWidth = Math.max(digits, heading(ofMany).length);
  const table = { columns, style, sequenceWidth };
  const whole = { idWidth: ofMany ? ID_WIDTH : 0, hasTimestamp: false, time: 'local' as const };
  if (columns === undefined)
    return { ...table, ...whole, typeWidth: widestType, hasTimestamp: true, time: 'none', isOneLine: true };
  const shortWidth = ofMany ? shortIdWidth(first.map(({ aggregateId }) => aggregateId.hex)) : 0;
  const typeWidth = Math.min(widestType, Math.max(12, columns >> 2));
  // Measured no further than matters.
  const body = widths(
    ({ body: text }) => textWidth(escapeText(text.slice(0, BODY_LEAST.many))),
    isEmpty ? UNKNOWN.body : 1,
  );
  const least = Math.min(body, ofMany ? BODY_LEAST.many : BODY_LEAST.one);
  const layouts: readonly (Layout & { readonly least: number })[] = [
    { ...whole, hasTimestamp: true, least: BODY_AMPLE },
    { ...whole, least },
    { ...whole, idWidth: shortWidth, least },
    { ...whole, idWidth: shortWidth, time: 'short', least },
  ];
  for (const { least, ...layout } of layouts) {
    const oneLine = { ...table, ...layout, typeWidth, isOneLine: true };
    if (columns - textWidth(begin(headings(oneLine), oneLine)) >= least) return oneLine;
  }
  return {
    ...table,
    ...whole,
    idWidth: idWidthOfLines(columns, { sequenceWidth, typeWidth: widestType, shortWidth }),
    typeWidth: Math.min(widestType, columns),
    isOneLine: false,
  };
}

/** The width of the id when an event takes several lines: all of it, unless the type would suffer or the terminal is narrower. */
function idWidthOfLines(
  columns: number,
  { sequenceWidth, typeWidth, shortWidth }: Record<'sequenceWidth' | 'typeWidth' | 'shortWidth', number>,
): number {
  if (shortWidth === 0) return 0;
  const others = sequenceWidth + TIME_WIDTHS.local + typeWidth + 3 * GAP.length;
  const isWorthIt = columns - others < ID_WIDTH && columns - others >= shortWidth;
  return isWorthIt || columns < ID_WIDTH ? shortWidth : ID_WIDTH;
}

/** The headings, on one line or several. */
export function eventTableHead(table: EventTable): string {
  const { columns, isOneLine, style } = table;
  const cells = headings(table);
  if (!isOneLine && columns !== undefined) return flow(cells, columns).map(style.heading).join('\n');
  const head = begin(cells, table) + BODY_HEADING;
  return style.heading(columns === undefined ? head : cut(head, columns));
}

/** One event, on one line or several. Nothing that was stored reaches the terminal raw. */
export function eventTableRow(event: StoredEvent, table: EventTable): string {
  const { columns, idWidth, sequenceWidth, typeWidth, time, style } = table;
  const type = escapeText(event.type);
  const body = escapeText(event.body);
  if (!table.isOneLine && columns !== undefined) return rowInLines(event, { type, body }, table, columns);
  // Put together without the cells that headings are made of: logs are long.
  let begin = idWidth > 0 ? event.aggregateId.hex.slice(0, idWidth) + GAP : '';
  begin += String(event.sequence).padStart(sequenceWidth) + GAP;
  let times = time === 'none' ? '' : timeText(event.timestamp.time, time).padEnd(TIME_WIDTHS[time]) + GAP;
  if (table.hasTimestamp) times += event.timestamp.toString().padEnd(TIMESTAMP_WIDTH) + GAP;
  if (columns === undefined) return begin + times + style.type(padEnd(type, typeWidth), event.type) + GAP + body;
  const rest = columns - begin.length - times.length - typeWidth - GAP.length;
  // A sequence with more digits than those before it may leave nothing.
  if (rest <= 0) return rowInLines(event, { type, body }, table, columns);
  const shownType = style.type(padEnd(cut(type, typeWidth), typeWidth), event.type);
  return begin + style.faint(times) + shownType + GAP + cut(body, rest);
}

function rowInLines(
  { aggregateId, sequence, timestamp, type }: StoredEvent,
  escaped: { readonly type: string; readonly body: string },
  table: EventTable,
  columns: number,
): string {
  const facts = {
    id: aggregateId.hex.slice(0, table.idWidth),
    sequence: String(sequence),
    time: timeText(timestamp.time, table.time),
    timestamp: table.hasTimestamp ? timestamp.toString() : '',
  };
  const paint = (text: string) => table.style.type(text, type);
  const cells: readonly Cell[] = [
    ...factCells(facts, table),
    { text: escaped.type, paint, least: TYPE_LEAST },
    { text: escaped.body, least: 1, apart: true },
  ];
  return flow(cells, columns).join('\n');
}

const BODY_HEADING = 'BODY';

/** All before the body, and the gap behind it. */
function begin(cells: readonly Cell[], { typeWidth }: Pick<EventTable, 'typeWidth'>): string {
  return [...cells.slice(0, -2).map(({ text }) => text), 'TYPE'.padEnd(typeWidth), ''].join(GAP);
}

function headings(table: Omit<EventTable, 'isOneLine'>): readonly Cell[] {
  const id = table.idWidth < ID_WIDTH ? 'AGGREGATE…' : 'AGGREGATE';
  const facts = { id, sequence: heading(table.idWidth > 0), time: 'TIME', timestamp: 'TIMESTAMP' };
  return [...factCells(facts, table), { text: 'TYPE', least: TYPE_LEAST }, { text: BODY_HEADING, apart: true }];
}

/** The cells before the type. */
function factCells(
  texts: Readonly<Record<'id' | 'sequence' | 'time' | 'timestamp', string>>,
  { idWidth, sequenceWidth, time, hasTimestamp, style }: Omit<EventTable, 'isOneLine'>,
): Cell[] {
  const cells: Cell[] = [];
  if (idWidth > 0) cells.push({ text: texts.id.padEnd(idWidth) });
  cells.push({ text: texts.sequence.padStart(sequenceWidth) });
  if (time !== 'none') cells.push({ text: texts.time.padEnd(TIME_WIDTHS[time]), paint: style.faint });
  if (hasTimestamp) cells.push({ text: texts.timestamp.padEnd(TIMESTAMP_WIDTH), paint: style.faint });
  return cells;
}

function timeText(time: number, form: EventTable['time']): string {
  if (form === 'none') return '';
  return form === 'local' ? localTime(time) : shortTime(time);
}

const TIME_WIDTHS = { local: 23, short: 19 } as const;

function heading(ofMany: boolean): string {
  return ofMany ? 'SEQ' : 'SEQUENCE';
}
