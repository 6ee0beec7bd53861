import { layoutCommand } from '../../store/migrate/relayout/layout-command.js';
import { placesOf } from '../../store/migrate/relayout/places.js';
import { unfinishedChange } from '../../store/migrate/relayout/progress-state.js';
import { layoutText } from '../../store/layout/layout.js';
import { DEFAULT_SCHEMA } from '../../store/schema-name.js';
import type { EventLog } from '../log/event-log.js';
import { type Finding, finding } from './finding.js';

/** Tells of a change of the layout that is under way, or was broken off. No finding when there is none. */
export async function checkLayoutChange({ knex, schema = DEFAULT_SCHEMA }: EventLog): Promise<Finding[]> {
  const change = await unfinishedChange(knex, placesOf(schema));
  if (change === undefined) return [];
  const { target } = change;
  const [to, command] = target === undefined ? ['', 'maestro migrate layout'] : [` to ${layoutText(target)}`, layoutCommand(target)]; // prettier-ignore
  return [
    finding(
      'layout',
      'warning',
      `a change${to} is under way, or was broken off. Until it ends, each write is noted, and a second log takes room and keeps what is erased`,
      `If nobody works on it, \`${command} --execute\` goes on, and \`maestro migrate layout --cancel\` removes it.`,
    ),
  ];
}
