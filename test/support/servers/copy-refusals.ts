import { connect, createServer } from 'node:net';
import { Transform } from 'node:stream';
import { type Listener, listen } from './tcp.js';
import { CITUS_ERRORS } from '../data/citus-errors.js';

/**
 * A relay in front of a loopback port that tells what a server refuses as a Citus cluster tells it of rows that it copies to their nodes: in
 * the same words, but without the code, and without the names of table and index. A cluster copies the rows of `INSERT … SELECT`.
 */
export function tellAsCopies(targetPort: number): Promise<Listener> {
  return listen(
    createServer((client) => {
      const server = connect(targetPort, '127.0.0.1');
      server.on('error', () => client.destroy());
      client.on('close', () => server.destroy());
      const copying = new Set<string>();
      let isCopy = false;
      const notes = messages((message) => {
        const [first = '', second = ''] = message.subarray(5).toString('latin1').split('\0');
        if (message[0] === PARSE) copying.delete(first);
        if (message[0] === PARSE && /INSERT INTO [^(]*\([^)]*\)\s*SELECT/.test(second)) copying.add(first);
        if (message[0] === BIND) isCopy = copying.has(second);
        return message;
      }, STARTUP);
      client.pipe(notes).pipe(server);
      server
        .pipe(messages((message) => (isCopy && message[0] === ERROR_RESPONSE ? refusal(message) : message)))
        .pipe(client);
    }),
  );
}

const [PARSE, BIND, ERROR_RESPONSE] = [...Buffer.from('PBE')];
/** The first message of a client has no type in front of its length. */
const STARTUP = 1;

/** Passes messages on, whole and one by one, as a function makes them; the first ones, so many, have no type. */
function messages(passed: (message: Buffer) => Buffer, untyped = 0): Transform {
  let pending = Buffer.alloc(0);
  let left = untyped;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      pending = Buffer.concat([pending, chunk]);
      for (;;) {
        const type = left > 0 ? 0 : 1;
        const length = pending.length < type + 4 ? Infinity : type + pending.readUInt32BE(type);
        if (length > pending.length) return done();
        const message = pending.subarray(0, length);
        this.push(left > 0 ? message : passed(message));
        left = Math.max(0, left - 1);
        pending = pending.subarray(length);
      }
    },
  });
}

/** Fields of an error that the copy does not hand on: schema, table, column, type and constraint. */
const LEFT_OUT = new Set(['s', 't', 'c', 'd', 'n']);

function refusal(message: Buffer): Buffer {
  const fields = message.subarray(5, -2).toString('utf8').split('\0');
  if (!fields.some((field) => field.startsWith('C23'))) return message;
  const copied = CITUS_ERRORS['a sequence that is taken, by COPY'];
  const told = fields.flatMap((field) => {
    const kind = field.charAt(0);
    if (LEFT_OUT.has(kind)) return [];
    return [kind === 'C' ? `C${copied?.code}` : kind === 'R' ? `R${copied?.routine}` : field];
  });
  const body = Buffer.from(`${told.join('\0')}\0\0`);
  const head = Buffer.from('E\0\0\0\0');
  head.writeUInt32BE(4 + body.length, 1);
  return Buffer.concat([head, body]);
}
