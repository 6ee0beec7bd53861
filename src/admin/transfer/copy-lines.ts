import { CHUNK, copyText } from './staging.js';
import type { ExportedItem } from './read-export.js';

/** An event as a line of COPY's text format; `undefined` for another item. */
export function eventLine(item: ExportedItem): string | undefined {
  if (!('event' in item)) return undefined;
  const { timestamp, aggregateId, sequence, type, body } = item.event;
  return `\\\\x${timestamp.hex}\t\\\\x${aggregateId.hex}\t${sequence}\t${copyText(type)}\t${copyBody(body)}\n`;
}

/** A snapshot as a line of COPY's text format; `undefined` for another item. */
export function snapshotLine(item: ExportedItem): string | undefined {
  if (!('snapshot' in item)) return undefined;
  const { aggregateId, sequence, body } = item.snapshot;
  return `\\\\x${aggregateId.hex}\t${sequence}\t${copyBody(body)}\n`;
}

/** A body escaped for COPY's text format: of its special characters JSON text can contain only backslashes. */
function copyBody(body: string): string {
  return body.includes('\\') ? body.replaceAll('\\', '\\\\') : body;
}

/** Lines gathered into texts of a size to send. */
export interface Gathering {
  /** Adds the next line of the export, which is of this aggregate; false when it holds no more. */
  add(line: string, aggregateId: string): boolean;
  /** A text that is large enough to send, which it then forgets; `undefined` before there is one. */
  take(): string | undefined;
  /** All that is left, at the end. */
  rest(): string;
}

/** Keeps the order of the export. */
export class InOrder implements Gathering {
  #text = '';

  add(line: string): boolean {
    this.#text += line;
    return true;
  }

  take(): string | undefined {
    return this.#text.length < CHUNK ? undefined : this.rest();
  }

  rest(): string {
    const text = this.#text;
    this.#text = '';
    return text;
  }
}

/** Characters of one history that are held. */
const LONGEST_HISTORY = 16 * 1024 * 1024;

/**
 * Puts the last event of each aggregate first, as all writers insert (see `inInsertionOrder`), so that no deadlock arises. Holds
 * one history, up to {@link LONGEST_HISTORY}.
 */
export class LastFirst implements Gathering {
  readonly #before = new InOrder();
  #aggregateId = '';
  #history: string[] = [];
  #length = 0;

  add(line: string, aggregateId: string): boolean {
    if (aggregateId !== this.#aggregateId) {
      this.#turnHistory();
      this.#aggregateId = aggregateId;
    }
    this.#history.push(line);
    this.#length += line.length;
    return this.#length <= LONGEST_HISTORY;
  }

  take(): string | undefined {
    return this.#before.take();
  }

  rest(): string {
    this.#turnHistory();
    return this.#before.rest();
  }

  #turnHistory(): void {
    if (this.#history.length > 0) this.#before.add(this.#history.reverse().join(''));
    this.#history = [];
    this.#length = 0;
  }
}
