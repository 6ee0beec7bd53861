import { type MetadataIndex, metadataIndexes } from '../../../../../store/migrate/metadata-index/read-indexes.js';
import { withDatabase } from '../../../../database/with-database.js';
import type { Invocation } from '../../../../invocation.js';
import { byteSize } from '../../../../../text/figures.js';
import { printRows } from '../../../../output/print-rows.js';

/** Lists the indexes on metadata. */
export async function run(_options: object, invocation: Invocation): Promise<void> {
  const { output } = invocation;
  const { good, bad } = output.style;
  const indexes = await withDatabase(invocation, ({ knex, schema }) => metadataIndexes(knex, { schema }));
  await printRows<MetadataIndex>(indexes, output, {
    id: ({ key }) => key,
    json: (index) => index,
    columns: [
      { heading: 'KEY', value: ({ key }) => key },
      {
        heading: 'STATE',
        value: ({ state }) => state,
        paint: (text, { state }) => (state === 'invalid' ? bad : good)(text),
      },
      { heading: 'SIZE', value: ({ bytes }) => byteSize(bytes), align: 'right' },
      { heading: 'INDEX', value: ({ name }) => name },
    ],
    whenNone: () => output.note('there is no index on metadata: `maestro migrate index add` makes one'),
  });
  if (indexes.some(({ state }) => state === 'invalid'))
    await output.note(
      'an invalid index helps nobody and costs time: `maestro migrate index add` completes it, `drop` removes it',
    );
}
