import { connect, createServer } from 'node:net';
import { Transform } from 'node:stream';
import { type Listener, listen } from './tcp.js';
import { CITUS_ERRORS } from '../data/citus-errors.js';

/**
 * A relay in front of a loopback port that tells what a server refuses as a Citus cluster tells it of rows that it copies to their nodes: in
 * the same words, but without the code, and without the names of table and index.
 */
export function tellAsCopies(targetPort: number): Promise<Listener> {
  return listen(
    createServer((client) => {
      const server = connect(targetPort, '127.0.0.1');
      server.on('error', () => client.destroy());
      client.on('close', () => server.destroy());
      client.pipe(server);
      server.pipe(retold()).pipe(client);
    }),
  );
}

/** The messages of a server, those about a constraint retold. */
function retold(): Transform {
  let pending = Buffer.alloc(0);
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      pending = Buffer.concat([pending, chunk]);
      for (;;) {
        const length = pending.length < 5 ? Infinity : 1 + pending.readUInt32BE(1);
        if (length > pending.length) return done();
        const message = pending.subarray(0, length);
        this.push(message[0] === ERROR_RESPONSE ? refusal(message) : message);
        pending = pending.subarray(length);
      }
    },
  });
}

const ERROR_RESPONSE = 'E'.charCodeAt(0);
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
  const head = Buffer.from([ERROR_RESPONSE, 0, 0, 0, 0]);
  head.writeUInt32BE(4 + body.length, 1);
  return Buffer.concat([head, body]);
}
