import { type MetadataIndex, metadataIndexes } from '../../store/migrate/metadata-index/read-indexes.js';
import type { EventLog } from '../log/event-log.js';
import { type Finding, finding, fine } from './finding.js';

/** Checks that the indexes on metadata are complete. No finding when there are none. */
export async function checkIndexes(log: EventLog): Promise<Finding[]> {
  const indexes = await metadataIndexes(log.knex, log);
  if (indexes.length === 0) return [];
  const invalid = indexes.filter(({ state }) => state === 'invalid');
  if (invalid.length === 0) return [fine('indexes', `on the metadata: ${indexes.map(stateText).join(', ')}`)];
  return [
    finding(
      'indexes',
      'warning',
      `on the metadata: ${indexes.map(stateText).join(', ')}. An invalid one helps nobody, and costs time with every write`,
      `${invalid.map(({ key }) => `\`maestro migrate index add --metadata ${key}\``).join(', ')} completes it; \`drop\` removes it.`,
    ),
  ];
}

function stateText({ key, state }: MetadataIndex): string {
  return `${key} (${state === 'building' ? 'being built' : state})`;
}
