import { MAX_SEQUENCE } from '../../../events.js';
import type { Timestamp } from '../../../hlc/timestamp.js';
import { pointerKeys } from '../../../json/path/pointer.js';
import { escapeText } from '../../../text/escape.js';
import { notATime, readTime, timestampOf } from '../../../text/time/read-time.js';
import type { Faults } from '../../input/faults.js';
import { PageError } from '../../page-error.js';
import { isoTime } from '../search/search-query.js';

/** The question in the address of the page of an aggregate. */
export interface AggregateRequest {
  readonly id: Timestamp;
  /** The sequence to show. @defaultValue the last event */
  readonly at: number | undefined;
  /** A time to show instead: absolute, or a timestamp. */
  readonly time: string | undefined;
  /** The sequence to compare with. */
  readonly pin: number | undefined;
  /** The JSON Pointer of a value of the state: the events that changed it are listed. */
  readonly path: string | undefined;
  /** The sequence up to which those events are listed, or after which. @defaultValue those on both sides of the shown point */
  readonly upTo: number | undefined;
  readonly after: number | undefined;
  /** The axis of the slider. */
  readonly by: 'sequence' | 'time';
  /** A text that was searched for in the events. */
  readonly find: string | undefined;
  /** The direction in which to search now. */
  readonly to: 'next' | 'previous' | undefined;
  /** The name of the definition that folds. @defaultValue the one that owns the aggregate */
  readonly as: string | undefined;
  /** True when all lines of the state are shown, however many. */
  readonly isWhole: boolean;
  /** True when the state is folded at once, however long that takes. */
  readonly isFolded: boolean;
}

/** A request that was read from an address. */
export interface ReadRequest {
  /** The request without what is wrong. */
  readonly request: AggregateRequest;
  /** The point to compare with, as it was written. */
  readonly pinned: Point | undefined;
  /** Faults of the fields `at`, `pin` and `path`. */
  readonly faults: Faults;
  /** These fields as they were filled in, where they are wrong. */
  readonly written: Readonly<Partial<Record<'at' | 'pin' | 'path', string | undefined>>>;
  /** True when the address says the same in other words, such as a relative time, which tomorrow means another one. */
  readonly isLoose: boolean;
}

/** A point of a history as somebody writes it: a sequence, the last event, or a time, which is absolute, or a timestamp. */
export type Point = number | 'last' | { readonly time: string };

/**
 * Reads an address. The point is a sequence or a time, in `at` or in `time`; where it is wrong, the one in `from` is shown, from which a
 * form has come. A wrong point to compare with is left out. Throws `PageError` for what no form has.
 */
export function readRequest(id: Timestamp, query: (name: string) => string | undefined): ReadRequest {
  const text = (name: string) => query(name)?.trim() || undefined;
  const faults: Record<string, string> = {};
  const written = { at: text('time') ?? text('at'), pin: text('pin'), path: query('path') };
  if (written.path !== undefined && pointerKeys(written.path) === undefined)
    faults['path'] = `${JSON.stringify(written.path)} is no path into a state. ${POINTER}`;
  const from = sequenceOf('from', text('from'));
  const point = written.at === undefined ? 'last' : pointOf(written.at, text('time') !== undefined);
  if (point === undefined) faults['at'] = pointFault(written.at ?? '');
  const pinned = written.pin === undefined ? undefined : pointOf(written.pin);
  if (written.pin !== undefined && pinned === undefined) faults['pin'] = pointFault(written.pin);
  const to = text('to');
  const request: AggregateRequest = {
    id,
    at: typeof point === 'number' ? point : point === undefined || written.at === undefined ? from : undefined,
    time: typeof point === 'object' ? point.time : undefined,
    pin: typeof pinned === 'number' ? pinned : undefined,
    path: faults['path'] === undefined ? written.path : undefined,
    upTo: sequenceOf('upto', text('upto')),
    after: sequenceOf('after', text('after')),
    by: text('by') === 'time' ? 'time' : 'sequence',
    find: query('find') || undefined,
    to: to === 'next' || to === 'previous' ? to : undefined,
    as: text('as'),
    isWhole: text('lines') === 'all',
    isFolded: text('fold') === 'yes',
  };
  const isLoose = from !== undefined || text('time') !== request.time || request.pin !== pinned;
  return {
    request,
    pinned,
    faults,
    written: {
      at: faults['at'] && written.at,
      pin: faults['pin'] && written.pin,
      path: faults['path'] && written.path,
    },
    isLoose,
  };
}

const POINTER = 'Write a JSON Pointer such as /balance or /lines/0/price, or choose a key of the state.';

/** The point that a text names: a sequence, unless it must be a time, or a time; `undefined` for other texts. */
function pointOf(text: string, isTime = false): Point | undefined {
  const sequence = isTime ? undefined : readSequence(text);
  if (sequence !== undefined) return sequence;
  if (timestampOf(text) !== undefined) return { time: text };
  const span = readTime(text);
  return span && { time: isoTime(span.point) };
}

function pointFault(text: string): string {
  return /^\d{1,9}$|^\d{11}$/.test(text)
    ? NO_SEQUENCE
    : `${JSON.stringify(text)} ${notATime(text, 'a sequence or a time')}`;
}

/** The address of a request, with changes; what is `undefined` is left out. */
export function addressOf(request: AggregateRequest, changes: Partial<AggregateRequest> = {}): string {
  const { id, ...asked } = { ...request, ...changes };
  return `/aggregate/${id.hex}${queryText(asked)}`;
}

/** Parameters of the point that is shown: a script that moves it has the links and forms around it follow. */
export const OF_POINT = ['at', 'pin', 'lines'] as const;

/** The parameters of the point that is shown, for what follows it. */
export function pointText({
  request,
  sequence,
}: {
  readonly request: AggregateRequest;
  readonly sequence: number;
}): string {
  const { pin, isWhole } = request;
  return queryText({ ...NOTHING, at: sequence, pin, isWhole }).slice(1);
}

const NOTHING = {
  at: undefined,
  time: undefined,
  pin: undefined,
  path: undefined,
  upTo: undefined,
  after: undefined,
  by: 'sequence',
  find: undefined,
  to: undefined,
  as: undefined,
  isWhole: false,
  isFolded: false,
} as const;

/** The parameters that a form keeps, besides those that its own fields have. */
export function keptFields(request: AggregateRequest, own: readonly string[]): [name: string, value: string][] {
  return parametersOf(request).filter(([name]) => !own.includes(name));
}

/** The path of a value in words. */
export function pathText(path: string): string {
  return path === '' ? 'the state' : escapeText(path);
}

function queryText(asked: Omit<AggregateRequest, 'id'>): string {
  const parameters = parametersOf(asked);
  return parameters.length === 0 ? '' : `?${new URLSearchParams(parameters).toString()}`;
}

function parametersOf(asked: Omit<AggregateRequest, 'id'>): [name: string, value: string][] {
  const { at, time, pin, path, upTo, after, by, find, to, as, isWhole, isFolded } = asked;
  const all: Record<string, string | number | undefined> = {
    at,
    time,
    by: by === 'time' ? by : undefined,
    pin,
    path,
    upto: upTo,
    after,
    find,
    to,
    as,
    lines: isWhole ? 'all' : undefined,
    fold: isFolded ? 'yes' : undefined,
  };
  return Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]]));
}

function sequenceOf(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const sequence = readSequence(text);
  if (sequence === undefined)
    throw new PageError(400, `${JSON.stringify(text)} is no sequence (${name}).`, { hint: NO_SEQUENCE });
  return sequence === 'last' ? undefined : sequence;
}

const NO_SEQUENCE = `Write the number of an event, from 0 (before the first) to ${MAX_SEQUENCE}.`;

function readSequence(text: string): number | 'last' | undefined {
  if (text === 'last') return text;
  const sequence = /^\d{1,10}$/.test(text) ? Number(text) : MAX_SEQUENCE + 1;
  return sequence <= MAX_SEQUENCE ? sequence : undefined;
}
