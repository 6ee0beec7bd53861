import type { StoredEvent, StoredSnapshot } from '../../events.js';
import { type Footer, HEADER, InvalidExportError, LineDigest } from './export-format.js';
import { parseLine } from './parse-line.js';

/** A line of a file. */
export interface ExportLine {
  /** 1 for the first. */
  readonly number: number;
  readonly text: string;
  /** The bytes as they were read, without the newline. */
  readonly bytes: Uint8Array;
  /** True when a newline ended it. */
  readonly ended: boolean;
}

/**
 * A line of an export with an event or a snapshot; `isCanonical` when its body is known to be exactly as PostgreSQL
 * prints it, which otherwise remains to be checked.
 */
export type ExportedItem =
  | { readonly line: number; readonly event: StoredEvent; readonly isCanonical: boolean }
  | { readonly line: number; readonly snapshot: StoredSnapshot; readonly isCanonical: boolean };

/** Facts gathered while an export is read. */
export interface ExportNotes {
  /** Number of aggregates whose sequences have a gap within the file, or do not begin with 1. */
  incomplete: number;
  /** The last line, once it was read and matches everything before it. */
  footer: Footer | undefined;
}

/**
 * The items of an export, one by one. Throws {@link InvalidExportError}, with the line, as soon as something is not as
 * an export has it: the form or order of a line, a footer that does not match the lines before, anything after it, a
 * missing line. The export was complete only if it ends without throwing.
 */
export async function* readExport(lines: AsyncIterable<ExportLine>, notes: ExportNotes): AsyncGenerator<ExportedItem> {
  const digest = new LineDigest();
  const order = new Order(notes);
  const counts = { events: 0, snapshots: 0 };
  let number = 0;
  for await (const line of lines) {
    ({ number } = line);
    const cut = line.ended ? '' : ': the file was cut short';
    const fail = (problem: string, because: { cause?: unknown; hint?: string | undefined } = {}) =>
      new InvalidExportError(number, problem, because);
    if (notes.footer !== undefined) throw fail('comes after the footer, which must be the last');
    if (number === 1) {
      if (line.text !== HEADER) throw fail(headerFault(line.text) + cut, isEvent(line.text) ? { hint: APPEND } : {});
      if (!line.ended) throw fail(`has no newline at its end${cut}`);
    } else {
      const parsed = parseLine(line.text);
      if ('fault' in parsed) throw fail(parsed.fault + cut, parsed);
      if (!line.ended) throw fail(`has no newline at its end${cut}`);
      if ('footer' in parsed) {
        checkFooter(parsed.footer, { ...counts, sha256: digest.hex() }, fail);
        notes.footer = parsed.footer;
        continue;
      }
      const fault = order.faultOf(parsed);
      if (fault !== undefined) throw fail(fault);
      if ('event' in parsed) counts.events += 1;
      else counts.snapshots += 1;
      yield { line: number, ...parsed };
    }
    digest.add(line.bytes);
  }
  if (notes.footer === undefined)
    throw new InvalidExportError(number + 1, 'is missing: the file is empty or was cut short');
}

/** The hint for a file of events that is not an export. */
const APPEND =
  'Nothing was imported. This is a file of events, not an export: append them with `maestro append new --file …` (or the id of an aggregate).';

/** True for a line that begins like an event as `append` reads it. */
function isEvent(text: string): boolean {
  return /^\s*(?:\[\s*)?\{\s*"(?:type|body|sequence)"\s*:/.test(text);
}

function headerFault(text: string): string {
  const [, version] = /^\{"format":"maestro-export","version":(\d{1,9})[,}]/.exec(text) ?? [];
  return version === undefined || version === '1'
    ? 'is not the header of an export'
    : `names version ${version} of the export format, which this version of Maestro does not know`;
}

function checkFooter(declared: Footer, found: Footer, fail: (problem: string) => Error): void {
  if (declared.events !== found.events || declared.snapshots !== found.snapshots)
    throw fail(
      `counts ${declared.events} events and ${declared.snapshots} snapshots, but the file has ${found.events} and ${found.snapshots}`,
    );
  if (declared.sha256 !== found.sha256)
    throw fail('has a checksum that does not match the lines before it: the file was changed');
}

/** Holds lines to the order of an export: events by aggregate and sequence, then snapshots by aggregate; nothing twice. */
class Order {
  readonly #notes: ExportNotes;
  #event: StoredEvent | undefined;
  #snapshot: StoredSnapshot | undefined;
  #isIncomplete = false;

  constructor(notes: ExportNotes) {
    this.#notes = notes;
  }

  /** The reason why an item cannot follow the one before; `undefined` when it can. */
  faultOf(item: { readonly event: StoredEvent } | { readonly snapshot: StoredSnapshot }): string | undefined {
    if ('snapshot' in item) {
      const isAfter = this.#snapshot === undefined || this.#snapshot.aggregateId.compare(item.snapshot.aggregateId) < 0;
      this.#snapshot = item.snapshot;
      return isAfter ? undefined : 'is not in the order of aggregates, or is a second snapshot of one';
    }
    if (this.#snapshot !== undefined) return 'is an event after the snapshots';
    const before = this.#event;
    this.#event = item.event;
    const order = before?.aggregateId.compare(item.event.aggregateId) ?? -1;
    if (order > 0) return 'is not in the order of aggregates';
    if (order < 0) this.#isIncomplete = false;
    const expected = order < 0 ? 1 : (before?.sequence ?? 0) + 1;
    if (item.event.sequence < expected) return `has the sequence ${item.event.sequence}, which is out of order`;
    if (item.event.sequence > expected && !this.#isIncomplete) {
      this.#isIncomplete = true;
      this.#notes.incomplete += 1;
    }
    return undefined;
  }
}
