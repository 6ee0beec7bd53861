import { depthOf, isDeeperThan } from '../../json/text/depth.js';
import { MAX_DEPTH } from '../../json/encode/encode.js';
import { pathText } from '../../json/path/path-text.js';
import { interopFaults, type Interop, snapshotInteropFaults } from '../../store/commit/interop.js';
import { InvalidExportError } from './export-format.js';
import type { ExportedItem } from './read-export.js';

/**
 * Deepest nesting of a body that the embedded engine bears. Its stack is part of its memory, which it overruns beyond
 * 5,000 levels or so, and then it stops answering; a server measures its stack, and refuses.
 */
const EMBEDDED_DEPTH = 4000;

/** The most deeply nested body of an export. */
export interface Deepest {
  line: number;
  levels: number;
}

/**
 * Passes the items of an export on; records the most deeply nested body of those that are deeper than a commit allows.
 */
export async function* noteDeepest(items: AsyncIterable<ExportedItem>, deepest: Deepest): AsyncGenerator<ExportedItem> {
  for await (const item of items) {
    const { body } = 'event' in item ? item.event : item.snapshot;
    if (!item.isCanonical && isDeeperThan(body, MAX_DEPTH)) {
      const levels = depthOf(body);
      if (levels > deepest.levels) Object.assign(deepest, { line: item.line, levels });
    }
    yield item;
  }
}

/**
 * Passes the items of an export on. Throws {@link InvalidExportError} for a body that the embedded engine does not
 * bear.
 */
export async function* limitDepth(items: AsyncIterable<ExportedItem>): AsyncGenerator<ExportedItem> {
  for await (const item of items) {
    const { body } = 'event' in item ? item.event : item.snapshot;
    if (isDeeperThan(body, EMBEDDED_DEPTH))
      throw new InvalidExportError(
        item.line,
        `has a body nested deeper than the ${EMBEDDED_DEPTH} levels that the embedded database can hold`,
        { hint: 'Nothing was imported. Import into a server (--url), or export without that aggregate.' },
      );
    yield item;
  }
}

/**
 * Passes the items of an export on. Throws {@link InvalidExportError} for a body that the other reader of the tables
 * cannot read.
 */
export function refuseUnreadable(
  interop: Interop | undefined,
  items: AsyncIterable<ExportedItem>,
): AsyncIterable<ExportedItem> {
  return interop === undefined ? items : checked(interop, items);
}

/** Events and snapshots of an export whose bodies the other reader of the tables cannot read. */
export interface Unreadable {
  /** Number of such events and snapshots. */
  readonly count: number;
  /** The line of the first, and its fault. */
  readonly line: number;
  readonly message: string;
}

/** Passes the items of an export on; counts those that an Elixir application could not read. */
export async function* noteUnreadable(
  items: AsyncIterable<ExportedItem>,
  note: (unreadable: Unreadable) => void,
): AsyncGenerator<ExportedItem> {
  let found: Unreadable | undefined;
  for await (const item of items) {
    const fault = faultOf(item, 'elixir');
    if (fault !== undefined) {
      const { count, line, message } = found ?? { count: 0, line: item.line, message: fault.message };
      found = { count: count + 1, line, message };
      note(found);
    }
    yield item;
  }
}

function faultOf(item: ExportedItem, interop: Interop) {
  const [fault] =
    'event' in item ? interopFaults(item.event.body, interop) : snapshotInteropFaults(item.snapshot.body, interop);
  return fault;
}

async function* checked(interop: Interop, items: AsyncIterable<ExportedItem>): AsyncGenerator<ExportedItem> {
  for await (const item of items) {
    const fault = faultOf(item, interop);
    if (fault !== undefined) throw unreadable(item.line, fault.path, fault.message);
    yield item;
  }
}

function unreadable(line: number, path: readonly (string | number)[], message: string): InvalidExportError {
  const where = path.length === 0 ? '' : ` at ${pathText('', path)}`;
  return new InvalidExportError(line, `has a body that${where} ${message}`, {
    hint: 'Nothing was imported. If no Elixir application reads the log, import without `interop`. Otherwise export without that aggregate.',
  });
}
