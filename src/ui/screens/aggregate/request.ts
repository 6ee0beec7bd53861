import { MAX_SEQUENCE } from '../../../events.js';
import { Timestamp } from '../../../hlc/timestamp.js';
import { pointerKeys } from '../../../json/pointer.js';
import { PageError } from '../../page-error.js';

/** The question in the address of the page of an aggregate. */
export interface AggregateRequest {
  readonly id: Timestamp;
  /** The sequence to show. @defaultValue the last event */
  readonly at: number | undefined;
  /** A time to show instead, as it was written. */
  readonly time: string | undefined;
  /** The sequence to compare with. */
  readonly pin: number | undefined;
  /** The JSON Pointer of a value of the state: the events that changed it are listed. */
  readonly path: string | undefined;
  /** The sequence up to which those events are listed. @defaultValue the last event */
  readonly upTo: number | undefined;
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

/** Reads an address. Throws `PageError` for what cannot be meant, and `InvalidTimestampError` for the id. */
export function readRequest(id: string, query: (name: string) => string | undefined): AggregateRequest {
  const text = (name: string) => query(name)?.trim() || undefined;
  const path = query('path');
  if (path !== undefined && pointerKeys(path) === undefined)
    throw new PageError(400, `${JSON.stringify(path)} is no path into a state.`, {
      hint: 'Write a JSON Pointer such as /balance or /lines/0/price, or choose a key of the state.',
    });
  const to = text('to');
  return {
    id: Timestamp.parse(id),
    at: sequenceOf('at', text('at')),
    time: text('time'),
    pin: sequenceOf('pin', text('pin')),
    path,
    upTo: sequenceOf('upto', text('upto')),
    by: text('by') === 'time' ? 'time' : 'sequence',
    find: query('find') || undefined,
    to: to === 'next' || to === 'previous' ? to : undefined,
    as: text('as'),
    isWhole: text('lines') === 'all',
    isFolded: text('fold') === 'yes',
  };
}

/** The address of a request, with changes; what is `undefined` is left out. */
export function addressOf(request: AggregateRequest, changes: Partial<AggregateRequest> = {}): string {
  const { id, ...asked } = { ...request, ...changes };
  return `/aggregate/${id.hex}${queryText(asked)}`;
}

/** The parameters that a form keeps, besides those that its own fields have. */
export function keptFields(request: AggregateRequest, own: readonly string[]): [name: string, value: string][] {
  return parametersOf(request).filter(([name]) => !own.includes(name));
}

function queryText(asked: Omit<AggregateRequest, 'id'>): string {
  const parameters = parametersOf(asked);
  return parameters.length === 0 ? '' : `?${new URLSearchParams(parameters).toString()}`;
}

function parametersOf(asked: Omit<AggregateRequest, 'id'>): [name: string, value: string][] {
  const { at, time, pin, path, upTo, by, find, to, as, isWhole, isFolded } = asked;
  const all: Record<string, string | number | undefined> = {
    at,
    time,
    by: by === 'time' ? by : undefined,
    pin,
    path,
    upto: upTo,
    find,
    to,
    as,
    lines: isWhole ? 'all' : undefined,
    fold: isFolded ? 'yes' : undefined,
  };
  return Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]]));
}

function sequenceOf(name: string, text: string | undefined): number | undefined {
  if (text === undefined || text === 'last') return undefined;
  const sequence = /^\d{1,10}$/.test(text) ? Number(text) : MAX_SEQUENCE + 1;
  if (sequence <= MAX_SEQUENCE) return sequence;
  throw new PageError(400, `${JSON.stringify(text)} is no sequence (${name}).`, {
    hint: `Write the number of an event, from 0 (before the first) to ${MAX_SEQUENCE}.`,
  });
}
