import { interopFaults, type Interop, snapshotInteropFaults } from '../../store/interop.js';
import { InvalidExportError } from './format.js';
import type { ExportedItem } from './read-export.js';

/** The items of an export as they come, as long as others who read the tables can read them. Throws {@link InvalidExportError}. */
export function readableBy(
  interop: Interop | undefined,
  items: AsyncIterable<ExportedItem>,
): AsyncIterable<ExportedItem> {
  return interop === undefined ? items : checked(interop, items);
}

async function* checked(interop: Interop, items: AsyncIterable<ExportedItem>): AsyncGenerator<ExportedItem> {
  for await (const item of items) {
    const [fault] =
      'event' in item ? interopFaults(item.event.body, interop) : snapshotInteropFaults(item.snapshot.body, interop);
    if (fault !== undefined) throw unreadable(item.line, fault.path, fault.message);
    yield item;
  }
}

function unreadable(line: number, path: readonly (string | number)[], message: string): InvalidExportError {
  const where = path.length === 0 ? '' : ` at /${path.slice(0, 12).join('/')}`;
  return new InvalidExportError(line, `has a body that${where} ${message}`, {
    hint: 'Nothing was imported. Import without `interop` where no Elixir application reads the log, or leave the aggregate out of the export.',
  });
}
