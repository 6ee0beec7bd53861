import { logIndexes, type MetadataIndex, type PathIndex } from '../../../../../store/migrate/log-index/read-indexes.js';
import { withDatabase } from '../../../../database/with-database.js';
import type { Invocation } from '../../../../invocation.js';
import { byteSize } from '../../../../../text/figures.js';
import { printRows } from '../../../../output/print-rows.js';

type ListedIndex = MetadataIndex | PathIndex;

/** Lists the indexes on metadata and on values in bodies. */
export async function run(_options: object, invocation: Invocation): Promise<void> {
  const { output } = invocation;
  const { good, bad } = output.style;
  const indexes = await withDatabase(invocation, ({ knex, schema }) => logIndexes(knex, { schema }));
  await printRows<ListedIndex>(indexes, output, {
    id: indexed,
    json: ({ name, state, bytes, ...of }) => ({ ...('path' in of ? { path: of.path } : of), name, state, bytes }),
    columns: [
      { heading: 'INDEXED', value: indexed },
      {
        heading: 'STATE',
        value: ({ state }) => state,
        paint: (text, { state }) => (state === 'invalid' ? bad : good)(text),
      },
      { heading: 'SIZE', value: ({ bytes }) => byteSize(bytes), align: 'right' },
      { heading: 'INDEX', value: ({ name }) => name },
    ],
    whenNone: () => output.note('there is no such index: `maestro migrate index add` makes one'),
  });
  if (indexes.some(({ state }) => state === 'invalid'))
    await output.note(
      'an invalid index helps nobody and costs time: `maestro migrate index add` completes it, `drop` removes it',
    );
}

/** The key of the metadata, or the path into bodies. */
function indexed(index: ListedIndex): string {
  return 'path' in index ? index.path : index.key;
}
