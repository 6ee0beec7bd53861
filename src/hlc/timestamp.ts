import { InvalidTimestampError } from './errors.js';
import { hexFromText, timestampText } from './timestamp-text.js';

/** The length in bytes of every timestamp and every aggregate id. */
export const TIMESTAMP_SIZE = 16;
/** The largest time that fits, in milliseconds since 1970: 2^48 - 1. */
export const MAX_TIME = 2 ** 48 - 1;
/** The largest counter that fits: 2^16 - 1. */
export const MAX_COUNTER = 0xffff;
/** The largest node id that fits: 2^64 - 1. */
export const MAX_NODE_ID = 2n ** 64n - 1n;

const HEX_DIGITS = /^[0-9a-f]{32}$/;

/** The three parts of a reading of a hybrid logical clock. */
export interface TimestampParts {
  /** Milliseconds since 1970-01-01T00:00Z, an integer from 0 to 2^48 - 1. */
  readonly time: number;
  /** Orders readings within one millisecond, an integer from 0 to 65535. @defaultValue 0 */
  readonly counter?: number;
  /** The node that took the reading, from 0n to 2^64 - 1. @defaultValue 0n */
  readonly nodeId?: bigint;
}

/**
 * A reading of a hybrid logical clock: 16 bytes, big-endian: 48-bit milliseconds since 1970, 16-bit counter, 64-bit
 * node id. The order of the bytes is the causal order. Immutable. Aggregate ids have the same shape, and any 16 bytes
 * are a legal one, so a UUID is too.
 *
 * Mirrors `HLClock.Timestamp` of Elixir.
 */
export class Timestamp {
  /**
   * 32 lower-case hex digits: the form in which an aggregate id is printed, and a key for maps. The only property, so
   * that two timestamps are deeply equal exactly when they are the same.
   */
  readonly hex: string;

  private constructor(hex: string) {
    this.hex = hex;
  }

  /** The timestamp with these parts. Throws {@link InvalidTimestampError} when one is out of its bounds. */
  static of({ time, counter = 0, nodeId = 0n }: TimestampParts): Timestamp {
    if (!Number.isInteger(time) || time < 0 || time > MAX_TIME) throw outOfBounds('time', time, `0 to ${MAX_TIME}`);
    if (!Number.isInteger(counter) || counter < 0 || counter > MAX_COUNTER)
      throw outOfBounds('counter', counter, `0 to ${MAX_COUNTER}`);
    if (typeof nodeId !== 'bigint' || nodeId < 0n || nodeId > MAX_NODE_ID)
      throw outOfBounds('node id', nodeId, `0n to ${MAX_NODE_ID}n (a bigint)`);
    return new Timestamp(hexDigits(time, 12) + hexDigits(counter, 4) + hexDigits(nodeId, 16));
  }

  /** The timestamp with these 16 bytes. Throws {@link InvalidTimestampError} for any other length. */
  static decode(bytes: Uint8Array): Timestamp {
    if (!(bytes instanceof Uint8Array) || bytes.length !== TIMESTAMP_SIZE)
      throw new InvalidTimestampError(
        `A timestamp or aggregate id has ${TIMESTAMP_SIZE} bytes; got ${
          bytes instanceof Uint8Array ? `${bytes.length} bytes` : typeof bytes
        }.`,
      );
    return new Timestamp(asBuffer(bytes).toString('hex'));
  }

  /** The timestamp with these 32 lower-case hex digits. Throws {@link InvalidTimestampError} for anything else. */
  static fromHex(hex: string): Timestamp {
    if (!HEX_DIGITS.test(hex)) throw new InvalidTimestampError(`${shown(hex)} is not 32 lower-case hex digits.`);
    return new Timestamp(hex);
  }

  /**
   * Parses one of the four text forms: that of {@link toString} (`2014-09-14T00:00:00.000Z-0000-0000000000000000`), 32
   * hex digits, `\x` and 32 hex digits as PostgreSQL prints them, or a UUID. Throws {@link InvalidTimestampError} for
   * any other text, also for a date that no calendar has.
   */
  static parse(text: string): Timestamp {
    const hex = typeof text === 'string' ? hexFromText(text) : undefined;
    if (hex === undefined)
      throw new InvalidTimestampError(`${shown(text)} is not an aggregate id or timestamp.`, {
        hint: 'Write 32 hex digits, \\x and 32 hex digits, a UUID, or the form 2014-09-14T00:00:00.000Z-0000-0000000000000000.',
      });
    return new Timestamp(hex);
  }

  /** Milliseconds since 1970-01-01T00:00Z, 0 to 2^48 - 1. */
  get time(): number {
    return Number.parseInt(this.hex.slice(0, 12), 16);
  }

  /** The counter within the millisecond, 0 to 65535. */
  get counter(): number {
    return Number.parseInt(this.hex.slice(12, 16), 16);
  }

  /** The node id, 0n to 2^64 - 1. */
  get nodeId(): bigint {
    return BigInt(`0x${this.hex.slice(16)}`);
  }

  /** The 16 bytes, as PostgreSQL stores them, in a new Buffer. */
  encode(): Buffer {
    return Buffer.from(this.hex, 'hex');
  }

  /** Negative when this one is earlier than the other, positive when it is later, 0 when they are the same. */
  compare(other: Timestamp): number {
    if (this.hex === other.hex) return 0;
    return this.hex < other.hex ? -1 : 1;
  }

  /** True when both are the same 16 bytes. */
  equals(other: Timestamp): boolean {
    return this.hex === other.hex;
  }

  /**
   * ISO time, counter and node id in upper-case hex: `2014-09-14T00:00:00.000Z-0000-0000000000000000`; 32 lower-case hex
   * digits when the time lies past the year 9999, which has no such form. Either can be parsed again.
   */
  toString(): string {
    return timestampText(this);
  }

  /** The text of {@link toString}: a timestamp inside JSON is readable and can be parsed again. */
  toJSON(): string {
    return this.toString();
  }

  /** The form in which Node prints a timestamp in a console or an assertion. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return `Timestamp(${this.toString()})`;
  }
}

function outOfBounds(part: string, value: unknown, bounds: string): InvalidTimestampError {
  return new InvalidTimestampError(
    `The ${part} of a timestamp must be an integer from ${bounds}; got ${String(value)}.`,
  );
}

function shown(text: unknown): string {
  if (typeof text !== 'string') return `A ${typeof text}`;
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}

function hexDigits(value: number | bigint, digits: number): string {
  return value.toString(16).padStart(digits, '0');
}

/** A Buffer over the same memory. */
function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
