import { connect, createServer, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/**
 * The moment at which a connection breaks, relative to a message of the client:
 * - `request`: before the server gets it;
 * - `sent`: as soon as the server has it, while it works on it;
 * - `late`: at once, but the server gets it some time afterwards, as from a network that had kept it;
 * - `reply`: after the server has answered it, and before the client hears of it;
 * - `fatal`: then too, and the client hears that the server is gone, as PgBouncer says it.
 */
export type Break = 'request' | 'sent' | 'late' | 'reply' | 'fatal';

/** Delay of a message that is `late`, in milliseconds. */
const LATE = 150;

/** A loopback proxy in front of PostgreSQL that breaks connections at chosen messages. */
export interface FaultProxy {
  readonly port: number;
  /** Number of connections that it has broken on purpose. */
  readonly broken: number;
  /**
   * Breaks the next connection on which the client sends this text, and calls `onBreak` right then. `forGood`: also refuses
   * all others until {@link mend}.
   */
  breakAt(text: string, side: Break, options?: { forGood?: boolean; onBreak?: () => void }): void;
  /** Takes connections again. */
  mend(): void;
  /** Waits until the server has heard all that is late. */
  delivered(): Promise<void>;
  close(): Promise<void>;
}

/** Starts a proxy to a port of this machine. */
export async function startFaultProxy(targetPort: number): Promise<FaultProxy> {
  let fault: { text: string; side: Break; forGood: boolean; onBreak: () => void } | undefined;
  const late = new Set<Promise<unknown>>();
  let broken = 0;
  let refusing = false;
  const sockets = new Set<Socket>();

  const server = createServer((client) => {
    const upstream = connect(targetPort, '127.0.0.1');
    let isLate = false;
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        if (!isLate) upstream.destroy();
      });
    }
    if (refusing) client.resetAndDestroy();
    let mute = false;
    client.on('data', (chunk) => {
      if (fault === undefined || !chunk.includes(fault.text)) {
        upstream.write(chunk);
        return;
      }
      const { side, forGood, onBreak } = fault;
      fault = undefined;
      const breakNow = () => {
        broken += 1;
        refusing ||= forGood;
        if (side === 'fatal') client.end(SERVER_GONE);
        else client.resetAndDestroy();
        onBreak();
      };
      mute = true;
      switch (side) {
        case 'request':
          return breakNow();
        case 'sent':
          return void upstream.write(chunk, breakNow);
        case 'late':
          isLate = true;
          late.add(delay(LATE).then(() => ended(upstream, chunk)));
          return breakNow();
        default:
          // The first bytes that come back are the reply: the server is done with what it was sent.
          upstream.once('data', breakNow);
          upstream.write(chunk);
      }
    });
    upstream.on('data', (chunk) => {
      if (!mute) client.write(chunk);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address() as { port: number };
  return {
    port: address.port,
    get broken() {
      return broken;
    },
    breakAt: (text, side, { forGood = false, onBreak = () => {} } = {}) => {
      fault = { text, side, forGood, onBreak };
    },
    mend: () => {
      refusing = false;
    },
    delivered: async () => void (await Promise.all(late)),
    close: async () => {
      for (const socket of sockets) socket.destroy();
      if (server.listening) await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Sends the last that a client had to say, and waits until the server has heard it and hung up. */
function ended(upstream: Socket, chunk: Buffer): Promise<void> {
  return new Promise((resolve) => {
    upstream.once('close', () => resolve());
    upstream.resume();
    if (upstream.destroyed) resolve();
    else upstream.end(chunk);
  });
}

/** PgBouncer's error for a client whose server connection is gone. */
const SERVER_GONE = errorResponse({ S: 'FATAL', V: 'FATAL', C: '08P01', M: 'server conn crashed?' });

function errorResponse(fields: Readonly<Record<string, string>>): Buffer {
  const body = Buffer.from(
    `${Object.entries(fields)
      .map(([key, value]) => `${key}${value}\0`)
      .join('')}\0`,
  );
  const head = Buffer.from('E....');
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}
