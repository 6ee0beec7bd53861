import {
  type CommittedEvent,
  MAX_SEQUENCE,
  MAX_TYPE_LENGTH,
  METADATA_KEY,
  type NewEvent,
  type NewSnapshot,
} from '../../events.js';
import { Timestamp } from '../../hlc/timestamp.js';
import { encodeJson, lengthFault } from '../../json/encode/encode.js';
import { ExactNumber } from '../../json/exact-number.js';
import { pathText } from '../../json/path/path-text.js';
import { stringFault } from '../../json/encode/scalars.js';
import type { JsonFault, JsonObject } from '../../json/types.js';
import { encodeMetadata, isMetadata, joinMetadata } from '../event-metadata.js';
import { InvalidEventError, InvalidSnapshotError, type ValidationIssue } from '../errors.js';
import { type Interop, interopFaults, snapshotInteropFaults } from './interop.js';

/** A valid event together with the JSON text of its body, with its metadata in it. */
export interface EncodedEvent {
  readonly event: NewEvent;
  readonly json: string;
}

/** Records a fault at a path of the event or snapshot that is being checked. */
type Report = (path: string, message: string) => void;

/** Frozen events that were found valid, with their encoded bodies. */
const encodedBefore = new WeakMap<NewEvent, EncodedEvent>();

/**
 * Remembers the JSON text of a valid event's body, so that the commit does not check and encode it a second time.
 * Freezes the event; the caller has frozen its body, all the way down.
 */
export function rememberEncoding<Event extends NewEvent>(event: Event, json: string): Event {
  encodedBefore.set(Object.freeze(event), { event, json });
  return event;
}

/**
 * Copies of the events with their bodies as JSON text: callers may change theirs while the commit waits. Throws
 * {@link InvalidEventError} with every fault of every event; with `interop` also for values that the other reader
 * cannot read.
 */
export function encodeEvents(events: readonly NewEvent[], interop?: Interop): EncodedEvent[] {
  const issues: ValidationIssue[] = [];
  const encoded = events.map((event, index) => {
    const report: Report = (path, message) => issues.push({ index, path, message });
    const before = encodedBefore.get(event);
    const copy = before === undefined ? copyOf(event) : event;
    const encoded = before ?? { event: copy, json: checkEvent(copy, report) };
    if (interop !== undefined) reportApart(interopFaults(encoded.json, interop), report);
    return encoded;
  });
  if (issues.length === 0 && !isOneHistory(encoded)) reportRepetitions(encoded, issues);
  if (issues.length > 0) throw new InvalidEventError(issues);
  return encoded;
}

/** The events as a store returns them when they are committed: only the fields of an event, by sequence. */
export function committedEvents(events: readonly EncodedEvent[]): CommittedEvent[] {
  return events
    .map(({ event: { timestamp, aggregateId, sequence, type, body, metadata } }) => {
      const event = { timestamp, aggregateId, sequence, type, body: body as JsonObject };
      return metadata === undefined ? event : { ...event, metadata: metadata as JsonObject };
    })
    .sort((a, b) => a.sequence - b.sequence);
}

/** The JSON text of a snapshot's body. Throws {@link InvalidSnapshotError} with every fault, as {@link encodeEvents} does. */
export function encodeSnapshot(snapshot: NewSnapshot, interop?: Interop): string {
  const issues: ValidationIssue[] = [];
  const report: Report = (path, message) => issues.push({ path, message });
  let json = '';
  if (isObject(snapshot)) {
    checkTimestamp(snapshot.aggregateId, 'aggregateId', report);
    checkSequence(snapshot.sequence, report);
    json = checkBody(snapshot.body, report);
    if (issues.length === 0) reportAll(snapshotInteropFaults(json, interop), report);
  } else report('', 'is not an object');
  if (issues.length > 0) throw new InvalidSnapshotError(issues);
  return json;
}

function copyOf(event: NewEvent): NewEvent {
  if (!isObject(event)) return event;
  const { timestamp, aggregateId, sequence, type, body, metadata } = event;
  const copy = { timestamp, aggregateId, sequence, type, body };
  return isMetadata(metadata) ? { ...copy, metadata } : copy;
}

function checkEvent(event: NewEvent, report: Report): string {
  if (!isObject(event)) {
    report('', 'is not an object');
    return '';
  }
  checkTimestamp(event.timestamp, 'timestamp', report);
  checkTimestamp(event.aggregateId, 'aggregateId', report);
  checkSequence(event.sequence, report);
  const typeFault = eventTypeFault(event.type);
  if (typeFault !== undefined) report('type', typeFault);
  const body = checkBody(event.body, report);
  if (body !== '' && Object.hasOwn(event.body, METADATA_KEY)) report(pathText('body', [METADATA_KEY]), RESERVED);
  return event.metadata === undefined ? body : withMetadata(body, event.metadata, report);
}

const RESERVED = 'is the key under which the metadata of an event is kept; give it as `metadata` of the event instead';

/** The JSON text of a body, with its metadata in it. */
function withMetadata(body: string, metadata: unknown, report: Report): string {
  if (!isObject(metadata) || Array.isArray(metadata) || metadata instanceof ExactNumber) {
    report('metadata', 'is not a plain JSON object');
    return '';
  }
  const encoded = encodeMetadata(metadata);
  if ('faults' in encoded) {
    reportApart(encoded.faults, report);
    return '';
  }
  const joined = joinMetadata(body, encoded.text);
  const fault = lengthFault(joined);
  if (fault !== undefined) report('metadata', `with the body ${fault}`);
  return joined;
}

function checkTimestamp(value: unknown, path: string, report: Report): void {
  if (!(value instanceof Timestamp)) report(path, 'is not a Timestamp; take one from a Clock or Timestamp.parse');
}

function checkSequence(value: unknown, report: Report): void {
  if (!Number.isInteger(value) || (value as number) < 1 || (value as number) > MAX_SEQUENCE)
    report('sequence', `is not an integer from 1 to ${MAX_SEQUENCE}`);
}

const PLAIN_TYPE = /^[\w.:-]{1,256}$/;

/** The fault of a value as the type of an event; `undefined` when it is a valid type. */
export function eventTypeFault(type: unknown): string | undefined {
  // Nearly all types are such plain names, which need no further check.
  if (typeof type === 'string' && PLAIN_TYPE.test(type)) return undefined;
  if (typeof type !== 'string') return 'is not a string';
  if (type === '') return 'is empty';
  const fault = stringFault(type);
  if (fault !== undefined) return fault;
  if (/\p{Cc}/u.test(type)) return 'contains a control character';
  if (type.endsWith(' ')) return 'ends with a space';
  if (type.length > MAX_TYPE_LENGTH && [...type].length > MAX_TYPE_LENGTH)
    return `is longer than ${MAX_TYPE_LENGTH} code points`;
  return undefined;
}

function checkBody(body: unknown, report: Report): string {
  if (!isObject(body) || Array.isArray(body)) {
    report('body', 'is not a plain JSON object');
    return '';
  }
  const encoded = encodeJson(body);
  if ('text' in encoded) {
    // An ExactNumber is an object in JavaScript, but a number in JSON.
    if (!encoded.text.startsWith('{')) report('body', 'is not a plain JSON object');
    return encoded.text;
  }
  reportAll(encoded.faults, report);
  return '';
}

function reportAll(faults: readonly JsonFault[], report: Report): void {
  for (const { path, message } of faults) report(pathText('body', path), message);
}

/** As {@link reportAll}, for the body of an event with its metadata in it. */
function reportApart(faults: readonly JsonFault[], report: Report): void {
  for (const { path, message } of faults)
    report(path[0] === METADATA_KEY ? pathText('metadata', path.slice(1)) : pathText('body', path), message);
}

/**
 * True when the events are one aggregate's in ascending order of sequence and timestamp, as nearly always: then nothing
 * can repeat.
 */
function isOneHistory(events: readonly EncodedEvent[]): boolean {
  for (let index = 1; index < events.length; index += 1) {
    const { event: before } = events[index - 1] as EncodedEvent;
    const { event } = events[index] as EncodedEvent;
    if (event.aggregateId.hex !== before.aggregateId.hex) return false;
    if (event.sequence <= before.sequence || event.timestamp.hex <= before.timestamp.hex) return false;
  }
  return true;
}

function reportRepetitions(events: readonly EncodedEvent[], issues: ValidationIssue[]): void {
  const positions = new Map<string, number>();
  const timestamps = new Map<string, number>();
  for (const [index, { event }] of events.entries()) {
    const position = `${event.aggregateId.hex}-${event.sequence}`;
    const timestamp = event.timestamp.hex;
    if (positions.has(position))
      issues.push({
        index,
        path: 'sequence',
        message: `is already used by event ${positions.get(position)}, of the same aggregate`,
      });
    else if (timestamps.has(timestamp))
      issues.push({ index, path: 'timestamp', message: `is already used by event ${timestamps.get(timestamp)}` });
    positions.set(position, index);
    timestamps.set(timestamp, index);
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
