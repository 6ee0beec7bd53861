import type { GlobalOptions } from '../input/global-options.js';
import { shellWord } from '../../text/shell-word.js';

/** The options that say which database, and which aggregates there are. */
type DatabaseFlags = Partial<Pick<GlobalOptions, 'url' | 'dataDir' | 'schema' | 'pooler' | 'config'>>;

/** A command of ours in backquotes that asks a database: not one for help, for the shell, or about an id alone. */
const COMMAND = /`maestro (?![-<]|help\b|id\b|completion\b)([^`]*)`/g;

/**
 * A text whose commands have the database flags that the caller gave, so that they can be run as they are. A password in a
 * URL is masked.
 */
export function addDatabaseFlags(text: string, options: DatabaseFlags): string {
  const flags = databaseFlags(options);
  return text.replace(COMMAND, (all, command: string) => {
    if (/--help$/.test(command)) return all;
    const added = flags.flatMap(([name, value]) => (command.includes(name) ? [] : [`${name} ${shellWord(value)}`]));
    return `\`maestro ${[command, ...added].join(' ')}\``;
  });
}

/** The database flags that the caller gave, a password in a URL masked. */
export function databaseFlags(options: DatabaseFlags): (readonly [name: string, value: string])[] {
  const { url, dataDir, schema, pooler, config } = options;
  return Object.entries({ url: url && masked(url), 'data-dir': dataDir, schema, pooler, config }).flatMap(
    ([name, value]) => (value === undefined ? [] : [[`--${name}`, value] as const]),
  );
}

function masked(url: string): string {
  return url.replace(/(\/\/[^/?#]*?:)[^/?#]*@/, '$1***@').replace(/((?:^|[?&])(?:ssl)?password=)[^&]*/g, '$1***');
}
