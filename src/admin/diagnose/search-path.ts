import type { EventLog } from '../log/event-log.js';
import { shadowedNames, shadowingText, SEARCH_PATH_REMEDY } from '../log/search-path.js';
import { select } from '../log/select.js';
import { type Finding, finding } from './finding.js';

/** Reads the setting of the role or the database: a session that only reads has a search path of its own. */
const SET = `SELECT s.setting, session_user::text FROM pg_db_role_setting, unnest(setconfig) AS s(setting)
WHERE starts_with(s.setting, 'search_path=') AND setrole IN (0, to_regrole(quote_ident(session_user))::oid)
AND setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
ORDER BY setrole <> 0 DESC, setdatabase <> 0 DESC LIMIT 1`;

/**
 * Checks that no `search_path` puts other functions and operators before PostgreSQL's own. No finding when that is so.
 */
export async function checkSearchPath(log: EventLog): Promise<Finding[]> {
  const [row] = await select<[string, string]>(log, SET);
  if (row === undefined) return [];
  const [setting, user] = row;
  const schemas = setting
    .slice(setting.indexOf('=') + 1)
    .split(',')
    .map((name) => name.trim().replace(/^"(.*)"$/, '$1'))
    .map((name) => (name === '$user' ? user : name));
  const ahead = schemas.slice(0, Math.max(0, schemas.indexOf('pg_catalog')));
  if (ahead.length === 0) return [];
  const found = await shadowedNames(ahead, (sql, bindings) => select<[string]>(log, sql, bindings));
  if (found.length === 0) return [];
  return [
    finding(
      'search path',
      'failure',
      `${setting} puts ${shadowingText(ahead, found)} before PostgreSQL's own: applications get wrong answers, and commands refuse to write`,
      SEARCH_PATH_REMEDY,
    ),
  ];
}
