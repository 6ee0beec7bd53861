import { MAX_SEQUENCE, MAX_TYPE_LENGTH, type StoredEvent, type StoredSnapshot } from '../../events.js';
import { InvalidTimestampError } from '../../hlc/errors.js';
import { LAST_ISO_TIME } from '../../hlc/timestamp-text.js';
import { Timestamp } from '../../hlc/timestamp.js';
import { encodeJson, MAX_DEPTH } from '../../json/encode/encode.js';
import { isDeeperThan } from '../../json/text/depth.js';
import { scalarFault } from '../../json/encode/numbers-in.js';
import { parseJsonText } from '../../json/parse.js';
import { isCanonicalJsonb } from '../../json/text/canonical-jsonb.js';
import { stringFault } from '../../json/encode/scalars.js';
import { snapshotJson } from '../../store/read/stored-json.js';
import type { Footer } from './export-format.js';

/** The contents of a line of an export, or its fault. */
export type ParsedLine =
  | { readonly event: StoredEvent; readonly isCanonical: boolean }
  | { readonly snapshot: StoredSnapshot; readonly isCanonical: boolean }
  | { readonly footer: Footer }
  | { readonly fault: string; readonly hint?: string };

/**
 * The patterns of lines, strictly in the form in which an export is written: nothing else can be a complete export.
 * Types are bounded (256 code points, each at most an escape and four digits), because a repetition without bound uses
 * up the stack.
 */
const EVENT =
  /^\{"aggregateId":"([0-9a-f]{32})","sequence":(\d{1,10}),"timestamp":"([0-9A-Fa-f:.TZ-]{1,64})","type":("(?:[^"\\]|\\.){0,1280}"),"body":(.*)\}$/s;
const SNAPSHOT = /^\{"snapshot":\{"aggregateId":"([0-9a-f]{32})","sequence":(-?\d{1,10}),"body":(.*)\}\}$/s;
const FOOTER = /^\{"events":(\d{1,15}),"snapshots":(\d{1,15}),"sha256":"([0-9a-f]{64})"\}$/;

/** Matches a quoted type that needs no further check. */
const PLAIN_TYPE = /^"[\w.:-]{1,256}"$/;

/** Length of the text form of a timestamp; no other form has it. */
const TEXT_LENGTH = 46;

const NOT_AS_WRITTEN: ParsedLine = { fault: 'is not in the form of an export' };

/** Matches numbers so long that PostgreSQL may refuse them: the only check left for a canonical body. */
const ENDLESS = /\d{1000}/;
/** Matches what JavaScript parses and PostgreSQL may refuse: escapes, exponents, endless numbers. */
const DUBIOUS = /\\u|\d[eE]|\d{1000}/;

/** Parses a line of an export after the first. */
export function parseLine(text: string): ParsedLine {
  const event = EVENT.exec(text);
  if (event !== null) return parseEvent(event);
  const snapshot = SNAPSHOT.exec(text);
  if (snapshot !== null) return parseSnapshot(snapshot);
  const footer = FOOTER.exec(text);
  if (footer === null) return { fault: 'is neither an event, a snapshot nor a footer' };
  const [, events, snapshots, sha256 = ''] = footer;
  return { footer: { events: Number(events), snapshots: Number(snapshots), sha256 } };
}

function parseEvent([, id = '', sequenceText, time = '', typeText = '', body = '']: RegExpExecArray): ParsedLine {
  const sequence = Number(sequenceText);
  if (sequence < 1 || sequence > MAX_SEQUENCE)
    return { fault: `has the sequence ${sequence}, which no event can have` };
  const timestamp = parseTimestamp(time);
  if (timestamp === undefined) return { fault: `has the invalid timestamp ${JSON.stringify(time)}` };
  let type: unknown = typeText.slice(1, -1);
  let isWrittenType = true;
  if (!PLAIN_TYPE.test(typeText)) {
    type = parseJson(typeText);
    const fault = typeof type === 'string' ? storedTypeFault(type) : 'is no JSON string';
    if (fault !== undefined) return { fault: `has a type that ${fault}` };
    isWrittenType = JSON.stringify(type) === typeText;
  }
  const isCanonical = isCanonicalJsonb(body);
  const bodyFault = isCanonical && !ENDLESS.test(body) ? undefined : jsonFault(body);
  if (bodyFault !== undefined) return { fault: `has a body that ${bodyFault}` };
  // An export has only one of the text forms of a timestamp.
  const isWritten = timestamp.time > LAST_ISO_TIME ? time === timestamp.hex : time.length === TEXT_LENGTH;
  if (!isWritten || !isWrittenType || sequenceText !== String(sequence)) return NOT_AS_WRITTEN;
  return {
    event: { aggregateId: Timestamp.fromHex(id), sequence, timestamp, type: type as string, body },
    isCanonical,
  };
}

function parseSnapshot([text, id = '', sequenceText, body = '']: RegExpExecArray): ParsedLine {
  const sequence = Number(sequenceText);
  // The column can hold any integer.
  if (sequence < -MAX_SEQUENCE - 1 || sequence > MAX_SEQUENCE)
    return { fault: `has the sequence ${sequence}, which no snapshot can have` };
  const isCanonical = isCanonicalJsonb(body);
  const fault = isCanonical && !ENDLESS.test(body) ? undefined : jsonFault(body);
  if (fault !== undefined) return { fault: `has a body that ${fault}` };
  const parsed = { aggregateId: Timestamp.parse(id), sequence, body };
  return `{"snapshot":${snapshotJson(parsed)}}` === text ? { snapshot: parsed, isCanonical } : NOT_AS_WRITTEN;
}

/** The fault of a type. Accepts whatever the column can hold, since another application may have stored it. */
function storedTypeFault(type: string): string | undefined {
  if (type.length > MAX_TYPE_LENGTH && [...type].length > MAX_TYPE_LENGTH)
    return `is longer than ${MAX_TYPE_LENGTH} code points`;
  return stringFault(type);
}

function jsonFault(text: string): string | undefined {
  if (parseJson(text) === undefined) return 'is not JSON';
  // A log may contain deeper nesting than commits allow here: the body passes through as text.
  if (isDeeperThan(text, MAX_DEPTH)) {
    const fault = scalarFault(text);
    return fault === undefined ? undefined : `has something in it that ${fault}`;
  }
  if (!DUBIOUS.test(text)) return undefined;
  try {
    const encoded = encodeJson(parseJsonText(text));
    return 'text' in encoded ? undefined : (encoded.faults[0]?.message ?? 'cannot be stored');
  } catch (error) {
    return `cannot be stored: ${error instanceof Error ? error.message : String(error)}`;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function parseTimestamp(text: string): Timestamp | undefined {
  try {
    return Timestamp.parse(text);
  } catch (error) {
    if (error instanceof InvalidTimestampError) return undefined;
    throw error;
  }
}
