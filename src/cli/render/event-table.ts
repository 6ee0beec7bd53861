import type { StoredEvent } from '../../events.js';
import { localTime, shortTime } from './local-time.js';
import { escapeText } from '../../text/escape.js';
import { type Cell, flow, GAP, INDENT } from './flow.js';
import { ID_WIDTH, shortIdWidth } from './short-ids.js';
import type { Style } from './style.js';
import { cut, padEnd, textWidth } from '../../text/width.js';
import { wrapWords } from './words.js';

const TIMESTAMP_WIDTH = 46;
/** Fewest columns for the body of an event on one line, in a table of one aggregate and of many. */
const BODY_LEAST = { one: 20, many: 30 };
/** Fewest columns for the body beside the whole timestamp. */
const BODY_AMPLE = 50;
/** Fewest columns that a type is cut to; with fewer it goes on a line of its own. */
const TYPE_LEAST = 16;
/** Assumed widths for a table that begins without events. */
const UNKNOWN = { type: 20, sequence: 4, body: BODY_LEAST.many };

/** An event as a table shows it: its metadata, as JSON text, apart from its body. */
export interface TableEvent extends StoredEvent {
  readonly metadata?: string;
}

/** The layout of a table of events. */
export interface EventTable {
  /** The width to fit lines into; absent when they are printed in full. */
  readonly columns: number | undefined;
  readonly style: Style;
  /** The number of digits shown of aggregate ids; 0 when all events are of one aggregate. */
  readonly idWidth: number;
  readonly sequenceWidth: number;
  readonly typeWidth: number;
  /** The local time to the millisecond (`local`), to the second (`short`), or none. */
  readonly time: 'local' | 'short' | 'none';
  /** True when the whole timestamp is shown. */
  readonly hasTimestamp: boolean;
  /** True when metadata is shown: in a column where nothing is cut, else on lines of its own below the event. */
  readonly hasMetadata: boolean;
  /** The width of the column of metadata; 0 without one. */
  readonly metadataWidth: number;
  /** True when an event that fits takes one line; false when each takes several lines, the body on the last. */
  readonly isOneLine: boolean;
}

type Layout = Pick<EventTable, 'idWidth' | 'time' | 'hasTimestamp'>;

/**
 * Lays out a table by its first events, so that the rest can be printed as they come. For a terminal it takes the first
 * layout that leaves enough columns for the body: with the whole timestamp, without it, with shortened ids, with times to
 * the second, and at last several lines for each event.
 */
export function eventTable(
  first: readonly TableEvent[],
  columns: number | undefined,
  style: Style,
  ofMany = false,
  hasMetadata = false,
): EventTable {
  const widths = (of: (event: TableEvent) => number, least: number) => Math.max(least, ...first.map(of));
  const isEmpty = first.length === 0;
  const digits = widths(({ sequence }) => String(sequence).length, isEmpty ? UNKNOWN.sequence : 1);
  const widestType = widths(({ type }) => textWidth(escapeText(type)), isEmpty ? UNKNOWN.type : 'TYPE'.length);
  const sequenceWidth = Math.max(digits, heading(ofMany).length);
  const table = { columns, style, sequenceWidth, hasMetadata, metadataWidth: 0 };
  const whole = { idWidth: ofMany ? ID_WIDTH : 0, hasTimestamp: false, time: 'local' as const };
  if (columns === undefined) {
    const metadataWidth = hasMetadata ? widths((event) => textWidth(shownMetadata(event)), METADATA_HEADING.length) : 0;
    const full = { ...whole, hasTimestamp: true, time: 'none', isOneLine: true } as const;
    return { ...table, ...full, typeWidth: widestType, metadataWidth };
  }
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

/**
 * The width of the id when an event takes several lines: shortened only if the type needs the room, or the terminal is
 * narrow.
 */
function idWidthOfLines(
  columns: number,
  { sequenceWidth, typeWidth, shortWidth }: Record<'sequenceWidth' | 'typeWidth' | 'shortWidth', number>,
): number {
  if (shortWidth === 0) return 0;
  const others = sequenceWidth + TIME_WIDTHS.local + typeWidth + 3 * GAP.length;
  const isWorthIt = columns - others < ID_WIDTH && columns - others >= shortWidth;
  return isWorthIt || columns < ID_WIDTH ? shortWidth : ID_WIDTH;
}

/** The headings, on one or several lines. */
export function eventTableHead(table: EventTable): string {
  const { columns, isOneLine, style } = table;
  const cells = headings(table);
  if (!isOneLine && columns !== undefined) return flow(cells, columns).map(style.heading).join('\n');
  const head = begin(cells, table) + BODY_HEADING;
  return style.heading(columns === undefined ? head : cut(head, columns));
}

/** One event, on one or several lines, escaped; below it its metadata, where that has no column. */
export function eventTableRow(event: TableEvent, table: EventTable): string {
  const row = rowOf(event, table);
  const { columns, hasMetadata, style } = table;
  if (!hasMetadata || event.metadata === undefined || columns === undefined) return row;
  const lines = wrapWords(`${INDENT}${escapeText(event.metadata)}`, columns, INDENT);
  return [row, ...lines.map((line) => style.faint(line))].join('\n');
}

function rowOf(event: TableEvent, table: EventTable): string {
  const { columns, idWidth, sequenceWidth, typeWidth, time, style } = table;
  const type = escapeText(event.type);
  const body = escapeText(event.body);
  if (!table.isOneLine && columns !== undefined) return rowInLines(event, { type, body }, table, columns);
  // Put together without the cells that headings are made of: logs are long.
  let begin = idWidth > 0 ? event.aggregateId.hex.slice(0, idWidth) + GAP : '';
  begin += String(event.sequence).padStart(sequenceWidth) + GAP;
  let times = time === 'none' ? '' : timeText(event.timestamp.time, time).padEnd(TIME_WIDTHS[time]) + GAP;
  if (table.hasTimestamp) times += event.timestamp.toString().padEnd(TIMESTAMP_WIDTH) + GAP;
  if (columns === undefined) {
    const metadata = table.metadataWidth === 0 ? '' : padEnd(shownMetadata(event), table.metadataWidth) + GAP;
    return begin + times + style.type(padEnd(type, typeWidth), event.type) + GAP + metadata + body;
  }
  const rest = columns - begin.length - times.length - typeWidth - GAP.length;
  // A longer sequence than those of the layout may leave no room.
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
const METADATA_HEADING = 'METADATA';

/** The metadata as its column shows it. */
function shownMetadata({ metadata }: TableEvent): string {
  return metadata === undefined ? 'none' : escapeText(metadata);
}

/** The headings before that of the body. */
function begin(
  cells: readonly Cell[],
  { typeWidth, metadataWidth }: Pick<EventTable, 'typeWidth' | 'metadataWidth'>,
): string {
  const metadata = metadataWidth === 0 ? [] : [METADATA_HEADING.padEnd(metadataWidth)];
  return [...cells.slice(0, -2).map(({ text }) => text), 'TYPE'.padEnd(typeWidth), ...metadata, ''].join(GAP);
}

function headings(table: Omit<EventTable, 'isOneLine'>): readonly Cell[] {
  const id = table.idWidth < ID_WIDTH ? 'AGGREGATE…' : 'AGGREGATE';
  const facts = { id, sequence: heading(table.idWidth > 0), time: 'TIME', timestamp: 'TIMESTAMP' };
  return [...factCells(facts, table), { text: 'TYPE', least: TYPE_LEAST }, { text: BODY_HEADING, apart: true }];
}

/** The cells before that of the type. */
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
