import { readFileSync, statSync } from 'node:fs';
import { homedir, platform } from 'node:os';
import { join } from 'node:path';
import { env } from 'node:process';
import { LoginRefusedError } from '../../store/errors.js';

/** Server and user that a password is for. */
export interface Login {
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  readonly user?: string | undefined;
  readonly database?: string | undefined;
}

/** Sources of a password. */
export interface PasswordSource {
  /** The password itself. */
  readonly password: string | undefined;
  /** The password file; absent for `~/.pgpass`. */
  readonly passFile?: string | undefined;
  /** Receives a warning about a password file that is not used. */
  readonly warn?: ((message: string) => void) | undefined;
}

/**
 * A function that gives the password for a login: the given one, or else that of the password file. The driver calls it only
 * when the server asks for a password. It throws {@link LoginRefusedError} when there is none.
 */
export function passwordFor({ password, passFile, warn }: PasswordSource): (login: Login) => string {
  return (login) => {
    const file = passFile ?? defaultFile();
    const found = password ?? passwordInFile(file, login, warn);
    if (found !== undefined) return found;
    throw new LoginRefusedError('The server asks for a password, but none was given.', {
      hint: `Write it into the URL (postgres://user:password@host/database), set PGPASSWORD, or add a line host:port:database:user:password to ${file}.`,
    });
  };
}

function defaultFile(): string {
  if (platform() === 'win32') return join(env['APPDATA'] ?? homedir(), 'postgresql', 'pgpass.conf');
  return join(homedir(), '.pgpass');
}

/** The password of the first line that matches; `undefined` when none does, or the file is missing or not private. */
export function passwordInFile(file: string, login: Login, warn?: PasswordSource['warn']): string | undefined {
  const text = readIfPrivate(file, warn);
  for (const line of text?.split(/\r?\n/) ?? []) {
    if (line.startsWith('#')) continue;
    const fields = fieldsOf(line);
    const [host, port, database, user, password] = fields;
    if (fields.length < 5 || password === '') continue;
    const isHost = hostsOf(login.host).some((name) => matches(host, name));
    if (
      isHost &&
      matches(port, String(login.port ?? 5432)) &&
      matches(database, login.database) &&
      matches(user, login.user)
    )
      return password;
  }
  return undefined;
}

/** The text of a file; `undefined` when it is missing or, as in PostgreSQL's own clients, when other users may read it. */
function readIfPrivate(file: string, warn: PasswordSource['warn']): string | undefined {
  try {
    const { mode } = statSync(file);
    if (platform() !== 'win32' && (mode & 0o077) !== 0) {
      warn?.(`The password file ${file} is not used, because other users can read it; make it private with chmod 600.`);
      return undefined;
    }
    return readFileSync(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && code !== 'ENOTDIR') warn?.(`The password file ${file} cannot be read: ${code}.`);
    return undefined;
  }
}

/** The five fields of a line, with `\:` and `\\` unescaped. */
function fieldsOf(line: string): string[] {
  const fields = [''];
  for (const [piece] of line.matchAll(/\\.|[^\\]/g)) {
    if (piece === ':' && fields.length < 5) fields.push('');
    else fields[fields.length - 1] += piece.length > 1 ? piece.slice(1) : piece;
  }
  return fields;
}

/** The host names under which a file may list a host: a Unix socket is listed by its folder or as `localhost`. */
function hostsOf(host = 'localhost'): string[] {
  return host.startsWith('/') ? [host, 'localhost'] : [host];
}

function matches(field: string | undefined, value: string | undefined): boolean {
  return field === '*' || field === value;
}
