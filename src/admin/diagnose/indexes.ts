import { logIndexes, type MetadataIndex, type PathIndex } from '../../store/migrate/log-index/read-indexes.js';
import { shellWord } from '../../text/shell-word.js';
import type { EventLog } from '../log/event-log.js';
import { type Finding, finding, fine } from './finding.js';

type OwnIndex = MetadataIndex | PathIndex;

/** Checks that the indexes that were added to the log are complete. No finding when there are none. */
export async function checkIndexes(log: EventLog): Promise<Finding[]> {
  const indexes = await logIndexes(log.knex, log);
  if (indexes.length === 0) return [];
  const invalid = indexes.filter(({ state }) => state === 'invalid');
  const states = indexes.map(stateText).join(', ');
  if (invalid.length === 0) return [fine('indexes', `added: ${states}`)];
  return [
    finding(
      'indexes',
      'warning',
      `added: ${states}. An invalid one helps nobody, and costs time with every write`,
      `${invalid.map((index) => `\`${addCommand(index)}\``).join(', ')} completes it; \`drop\` removes it.`,
    ),
  ];
}

function stateText(index: OwnIndex): string {
  const what = 'path' in index ? index.path : `metadata ${index.key}`;
  return `${what} (${index.state === 'building' ? 'being built' : index.state})`;
}

function addCommand(index: OwnIndex): string {
  return `maestro migrate index add ${'path' in index ? `--where ${shellWord(index.path)}` : `--metadata ${index.key}`}`;
}
