import { createServer, type Socket } from 'node:net';
import pg from 'pg';
import { type Pooler, SERVER_CONNECTIONS } from './pooler-port.js';
import { listen } from './tcp.js';
import { Frames } from './wire-recorder.js';

/** A connection to the server, lent to a client for one transaction. */
interface ServerConnection {
  readonly socket: Socket;
  client: PooledClient | undefined;
}

const SSL_REQUEST = 80877103;
/** The parameters that PgBouncer accepts at the start of a connection. */
const PARAMETERS = ['user', 'database', 'application_name', 'client_encoding'];
/** The messages after which the server says that it is ready again. */
const ENDS_TURN = new Set(['Q', 'S']);
const IDLE = 'I'.charCodeAt(0);

/**
 * Starts a pooler in transaction mode: every transaction of a client goes to the server connection that has waited the
 * longest, so that two of them hardly ever meet the same one.
 */
export async function startPoolerStandIn(serverUrl: string): Promise<Pooler> {
  const idle: ServerConnection[] = [];
  const waiting: ((connection: ServerConnection) => void)[] = [];
  const all = new Set<ServerConnection>();
  let isClosing = false;

  const lend = (connection: ServerConnection) => {
    const next = waiting.shift();
    if (next === undefined) idle.push(connection);
    else next(connection);
  };
  const add = async () => {
    const socket = await loggedIn(serverUrl);
    const connection: ServerConnection = { socket, client: undefined };
    const frames = new Frames((frame) => connection.client?.answer(frame));
    frames.typed = true;
    socket.on('data', (chunk: Buffer) => frames.take(chunk));
    socket.on('error', () => {});
    socket.on('close', () => {
      all.delete(connection);
      if (idle.includes(connection)) idle.splice(idle.indexOf(connection), 1);
      connection.client?.leave();
      if (!isClosing) void add();
    });
    all.add(connection);
    lend(connection);
  };
  await Promise.all(Array.from({ length: SERVER_CONNECTIONS }, add));

  const pool: Pool = {
    borrow: () =>
      new Promise((resolve) => {
        const connection = idle.shift();
        if (connection === undefined) waiting.push(resolve);
        else resolve(connection);
      }),
    giveBack: lend,
  };
  const listener = await listen(createServer((socket) => new PooledClient(socket, pool)));
  return {
    name: 'the stand-in for PgBouncer',
    port: listener.port,
    close: async () => {
      isClosing = true;
      await listener.close();
      for (const { socket } of all) socket.destroy();
    },
  };
}

interface Pool {
  borrow(): Promise<ServerConnection>;
  giveBack(connection: ServerConnection): void;
}

/** The socket of a connection that has logged in, with nobody else listening to it. */
async function loggedIn(serverUrl: string): Promise<Socket> {
  const client = new pg.Client({ connectionString: serverUrl });
  await client.connect();
  const { stream } = (client as unknown as { connection: { stream: Socket } }).connection;
  return stream.removeAllListeners().setNoDelay();
}

/** A client, and the server connection that it has for as long as its transaction takes. */
class PooledClient {
  readonly #socket: Socket;
  readonly #pool: Pool;
  #server: ServerConnection | undefined;
  #isBorrowing = false;
  #hasLeft = false;
  /** Messages that it sent while it had no server connection. */
  #unsent: Buffer[] = [];
  /** Number of answers that the server still owes. */
  #owed = 0;
  #isPartial = false;

  constructor(socket: Socket, pool: Pool) {
    this.#socket = socket.setNoDelay();
    this.#pool = pool;
    const frames = new Frames((frame) => {
      if (frames.typed) return this.#take(frame);
      if (frame.readInt32BE(4) === SSL_REQUEST) return void socket.write('N');
      const unknown = frame
        .toString('utf8', 8)
        .split('\0')
        .filter((_, index) => index % 2 === 0)
        .find((name) => name !== '' && !PARAMETERS.includes(name));
      if (unknown !== undefined) return void socket.end(failure(`unsupported startup parameter: ${unknown}`));
      frames.typed = true;
      socket.write(WELCOME);
    });
    socket.on('data', (chunk) => frames.take(Buffer.from(chunk)));
    socket.on('close', () => this.leave());
  }

  answer(frame: Buffer): void {
    this.#socket.write(frame);
    if (frame[0] !== 'Z'.charCodeAt(0)) return;
    this.#owed -= 1;
    if (this.#owed > 0 || this.#isPartial || frame[5] !== IDLE || this.#server === undefined) return;
    const server = this.#server;
    this.#server = undefined;
    server.client = undefined;
    this.#pool.giveBack(server);
  }

  leave(): void {
    if (this.#hasLeft) return;
    this.#hasLeft = true;
    this.#socket.destroy();
    // What it leaves behind in a transaction, nobody else may meet.
    this.#server?.socket.destroy();
  }

  #take(frame: Buffer): void {
    const type = String.fromCharCode(frame[0] ?? 0);
    if (type === 'X') return void this.#socket.end();
    this.#isPartial = !ENDS_TURN.has(type);
    if (ENDS_TURN.has(type)) this.#owed += 1;
    if (this.#server === undefined) {
      this.#unsent.push(frame);
      void this.#borrow();
    } else this.#server.socket.write(frame);
  }

  async #borrow(): Promise<void> {
    if (this.#isBorrowing) return;
    this.#isBorrowing = true;
    const server = await this.#pool.borrow();
    this.#isBorrowing = false;
    if (this.#hasLeft) return this.#pool.giveBack(server);
    this.#server = server;
    server.client = this;
    server.socket.write(Buffer.concat(this.#unsent.splice(0)));
  }
}

function message(type: string, ...texts: readonly (string | Buffer)[]): Buffer {
  const body = Buffer.concat(texts.map((text) => Buffer.from(text)));
  const head = Buffer.alloc(5);
  head.write(type);
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

const parameter = (name: string, value: string) => message('S', `${name}\0${value}\0`);
const WELCOME = Buffer.concat([
  message('R', Buffer.alloc(4)),
  parameter('server_version', '18.0'),
  parameter('server_encoding', 'UTF8'),
  parameter('client_encoding', 'UTF8'),
  parameter('DateStyle', 'ISO, MDY'),
  parameter('integer_datetimes', 'on'),
  parameter('standard_conforming_strings', 'on'),
  message('K', Buffer.alloc(8)),
  message('Z', 'I'),
]);

function failure(text: string): Buffer {
  return message('E', `SFATAL\0VFATAL\0C08P01\0M${text}\0\0`);
}
