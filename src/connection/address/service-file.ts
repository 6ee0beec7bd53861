import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Environment } from '../environment.js';
import type { Fail } from './fail.js';

/**
 * The parameters of a named service, from the files that PostgreSQL's own programs read: `PGSERVICEFILE` or
 * `~/.pg_service.conf`, then `pg_service.conf` in `PGSYSCONFDIR`. Fails when none of them has the service.
 */
export function readService(service: string, environment: Environment, fail: Fail): Map<string, string> {
  const { PGSERVICEFILE, PGSYSCONFDIR } = environment;
  const files = [
    PGSERVICEFILE ?? join(homedir(), '.pg_service.conf'),
    ...(PGSYSCONFDIR === undefined ? [] : [join(PGSYSCONFDIR, 'pg_service.conf')]),
  ];
  for (const file of files) {
    const found = sectionOf(readIfThere(file, service, fail), service);
    if (found !== undefined) return found;
  }
  return fail(
    `names the service ${JSON.stringify(service)}, which is not in ${files.join(' or ')}`,
    'Add it there, name the file with PGSERVICEFILE, or write its parameters into the URL.',
  );
}

function readIfThere(file: string, service: string, fail: Fail): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return '';
    return fail(
      `names the service ${JSON.stringify(service)}, but its file ${file} cannot be read (${code})`,
      'Check the path of the file and its permissions.',
    );
  }
}

function sectionOf(text: string, service: string): Map<string, string> | undefined {
  let found: Map<string, string> | undefined;
  for (const line of text.split('\n').map((raw) => raw.trim())) {
    if (line === '' || line.startsWith('#')) continue;
    if (line.startsWith('[')) {
      if (found !== undefined) return found;
      if (line === `[${service}]`) found = new Map();
    } else {
      const end = line.indexOf('=');
      if (end > 0) found?.set(line.slice(0, end).trim(), line.slice(end + 1).trim());
    }
  }
  return found;
}
