import { anId } from '../data/factories.js';

/** Command lines that fail, each with a password somewhere in it; `serverUrl` is that of a server that answers. */
export function passwordCases(secret: string, serverUrl: string): readonly (readonly string[])[] {
  const anyId = anId().hex;
  const here = (changes: Partial<Pick<URL, 'username' | 'password'>>) =>
    Object.assign(new URL(serverUrl), changes).href;
  return [
    ['events', anyId, '--url', `postgres://u:${secret}@127.0.0.1:1/d`],
    ['migrate', '--url', `postgres://u:${secret}@127.0.0.1:1/d`],
    ['migrate', 'status', '--url', `postgres://u:${secret}@127.0.0.1:1/d`],
    ['append', 'new', '--type', 'a', '--body', '{}', '--url', `postgres://u:${secret}@127.0.0.1:1/d`],
    ['snapshot', 'get', anyId, '--url', `postgresql://u:${secret}@[::1]:1/d`],
    ['replay', anyId, '--url', `postgres://u:${secret}@host.invalid/d`, '--timeout', '1'],
    ['events', anyId, '--url', here({ password: secret })],
    ['migrate', '--url', here({ password: secret }), '--pooler', 'transaction'],
    ['events', anyId, '--url', here({ username: 'nobody', password: secret })],
    ['events', anyId, '--url', `postgres://u:${secret}@127.0.0.1:${new URL(serverUrl).port}/d?sslmode=require`],
    ['migrate', '--url', `u:${secret}@127.0.0.1/d`],
    ['migrate', '--url', `mysql://u:${secret}@127.0.0.1/d`],
    ['migrate', '--url', `postgres:u:${secret}@127.0.0.1/d`],
    ['migrate', '--url', `postgres://u:${secret}%zz@127.0.0.1/d`],
    ['migrate', '--url', `postgres://u:${secret}@127.0.0.1:port/d`],
    ['migrate', '--url', `postgres://u:${secret}@127.0.0.1:1`],
    ['migrate', '--url', `postgres://u:${secret}@/d`],
    ['migrate', '--url', `postgres://u:${secret}@127.0.0.1:1,127.0.0.1:2/d`],
    ['migrate', '--url', `postgres://u:${secret}@127.0.0.1:1/d?sslmode=prefer`],
    ['migrate', '--url', `postgres://u:${secret}@127.0.0.1/d?sslmode=always`],
    ['migrate', '--url', `postgres://u@127.0.0.1:1/d?sslmode=require&sslpassword=${secret}`],
    ['migrate', '--url', `postgres://u:${secret}@127.0.0.1/d?sslmode=verify-full&sslrootcert=/missing.pem`],
    ['migrate', '--url', `postgres://u:${secret}@127.0.0.1/d?schema=x`],
    ['migrate', '--url', `postgres://u@127.0.0.1:1/d?password=${secret}`],
    ['migrate', '--url', `postgres://u@127.0.0.1/d?password=x&${secret}=y`],
    ['migrate', '--url', `postgres://u:${secret}@127.0.0.1/d#x`],
    ['migrate', '--url', `postgres://u:x#${secret}@127.0.0.1:1/d`],
    ['migrate', '--url', `postgres://u:1?${secret}@127.0.0.1:1/d`],
    ['migrate', '--url', `postgres://u:x y${secret}@127.0.0.1:1/d`],
    ['migrate', '--url', `postgres://u:${secret}@127.0.0.1/d`, '--data-dir', 'data'],
    ['migrate', '--url', `postgres://u:${secret}@127.0.0.1/d`, '--schema', 'not a name'],
    ['migrate', '--url', `postgres://u:${secret}@127.0.0.1/d`, '--nothing'],
    // The URL where something else belongs.
    ['migrate', `postgres://u:${secret}@127.0.0.1/d`],
    [`postgres://u:${secret}@127.0.0.1/d`],
    ['events', `postgres://u:${secret}@127.0.0.1/d`],
    ['events', `postgres://u:x@${secret}@127.0.0.1/d`],
    ['events', `postgres://u@127.0.0.1/d?password=${secret}`],
    ['events', `host=127.0.0.1 password=${secret}`],
    ['migrate', `--ulr=postgres://u:${secret}@127.0.0.1/d`],
    ['migrate', '--config', `postgres://u:${secret}@127.0.0.1/d`],
    ['migrate', '--pooler', `postgres://u:${secret}@127.0.0.1/d`, '--url', 'postgres://nobody@127.0.0.1:1/nowhere'],
  ];
}
