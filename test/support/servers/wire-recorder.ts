import { connect, createServer, type Socket } from 'node:net';
import { listen } from './tcp.js';

/** One message that a client sent, after it had logged in. */
export interface FrontendMessage {
  /** Number of its connection, counted from 0. */
  readonly connection: number;
  readonly type: FrontendMessageType;
  /** The statement's or portal's name that it mentions; '' for the unnamed one, absent when it mentions none. */
  readonly name?: string;
  /** The SQL of a Query or Parse. */
  readonly sql?: string;
  /** True when the server last reported an open transaction. */
  readonly inTransaction: boolean;
}

const TYPES = {
  Q: 'Query',
  P: 'Parse',
  B: 'Bind',
  D: 'Describe',
  E: 'Execute',
  S: 'Sync',
  C: 'Close',
  H: 'Flush',
  F: 'FunctionCall',
  X: 'Terminate',
  p: 'Password',
  d: 'CopyData',
  c: 'CopyDone',
  f: 'CopyFail',
} as const;

/** The names of the protocol's documentation. */
export type FrontendMessageType = (typeof TYPES)[keyof typeof TYPES];

/** A proxy in front of a PostgreSQL server that notes what clients send. */
export interface WireRecorder {
  /** The loopback port to connect to instead of the server's. */
  readonly port: number;
  /** Messages sent so far, first to last. */
  readonly messages: readonly FrontendMessage[];
  /** The parameters that every connection began with, one record for each. */
  readonly startupParameters: readonly Readonly<Record<string, string>>[];
  /** Number of connections that asked for encryption. */
  readonly sslRequests: number;
  /** Number of Sync messages sent so far: each ends one round trip of the extended protocol. */
  syncs(): number;
  /** Number of simple Query messages sent so far: each is one round trip. */
  queries(): number;
  close(): Promise<void>;
}

const SSL_REQUEST = 80877103;
const PROTOCOL_3 = 3;

/** Starts a recorder in front of a server without TLS on a loopback port. */
export async function recordWire(targetPort: number): Promise<WireRecorder> {
  const messages: FrontendMessage[] = [];
  const startupParameters: Record<string, string>[] = [];
  let connections = 0;
  let sslRequests = 0;

  const listener = await listen(
    createServer((client) => {
      const connection = connections++;
      const server = connect(targetPort, '127.0.0.1');
      let transaction = false;
      let loggingIn = true;
      let answeringSsl = false;
      const sent = new Frames((frame) => {
        if (!loggingIn) {
          messages.push({ connection, ...described(frame), inTransaction: transaction });
        } else if (frame.readInt32BE(4) === SSL_REQUEST) {
          sslRequests += 1;
          answeringSsl = true;
        } else {
          if (frame.readInt16BE(4) === PROTOCOL_3) startupParameters.push(parametersOf(frame));
          loggingIn = false;
          sent.typed = true;
        }
      });
      const answered = new Frames((frame) => {
        if (frame[0] === 'Z'.charCodeAt(0)) transaction = frame[5] !== 'I'.charCodeAt(0);
      });
      answered.typed = true;
      client.on('data', (chunk: Buffer) => {
        sent.take(chunk);
        server.write(chunk);
      });
      server.on('data', (chunk: Buffer) => {
        if (answeringSsl) answeringSsl = false;
        else answered.take(chunk);
        client.write(chunk);
      });
      tie(client, server);
    }),
  );
  const count = (type: FrontendMessageType) => messages.filter((message) => message.type === type).length;
  return {
    port: listener.port,
    messages,
    startupParameters,
    get sslRequests() {
      return sslRequests;
    },
    syncs: () => count('Sync'),
    queries: () => count('Query'),
    close: () => listener.close(),
  };
}

/** Cuts a stream of bytes into the protocol's messages, which all begin with their length, most after a type byte. */
export class Frames {
  typed = false;
  readonly #each: (frame: Buffer) => void;
  #rest: Buffer[] = [];
  #length = 0;

  constructor(each: (frame: Buffer) => void) {
    this.#each = each;
  }

  take(chunk: Buffer): void {
    this.#rest.push(chunk);
    this.#length += chunk.length;
    for (;;) {
      const header = this.typed ? 5 : 4;
      if (this.#length < header) return;
      if ((this.#rest[0]?.length ?? 0) < header) this.#rest = [Buffer.concat(this.#rest)];
      const size = (this.#rest[0]?.readInt32BE(header - 4) ?? 0) + header - 4;
      if (this.#length < size) return;
      const all = Buffer.concat(this.#rest);
      this.#rest = [all.subarray(size)];
      this.#length -= size;
      this.#each(all.subarray(0, size));
    }
  }
}

function described(frame: Buffer): Pick<FrontendMessage, 'type' | 'name' | 'sql'> {
  const letter = String.fromCharCode(frame[0] ?? 0);
  const type = TYPES[letter as keyof typeof TYPES];
  if (type === undefined) throw new Error(`Not a message of a client: ${JSON.stringify(letter)}`);
  switch (type) {
    case 'Query':
      return { type, sql: textAt(frame, 5) };
    case 'Parse': {
      const name = textAt(frame, 5);
      return { type, name, sql: textAt(frame, 5 + Buffer.byteLength(name) + 1) };
    }
    case 'Bind':
      return { type, name: textAt(frame, 5 + Buffer.byteLength(textAt(frame, 5)) + 1) };
    case 'Describe':
    case 'Close':
      return { type, name: textAt(frame, 6) };
    case 'Execute':
      return { type, name: textAt(frame, 5) };
    default:
      return { type };
  }
}

function parametersOf(frame: Buffer): Record<string, string> {
  const words = frame.subarray(8).toString('utf8').split('\0');
  const parameters: Record<string, string> = {};
  for (let index = 0; words[index]; index += 2) parameters[words[index] as string] = words[index + 1] ?? '';
  return parameters;
}

function textAt(frame: Buffer, start: number): string {
  return frame.toString('utf8', start, frame.indexOf(0, start));
}

/** Ends each of two sockets with the other. */
function tie(one: Socket, other: Socket): void {
  for (const [from, to] of [
    [one, other],
    [other, one],
  ] as const) {
    from.on('end', () => to.end());
    from.on('close', () => to.destroy());
    from.on('error', () => to.destroy());
  }
}
