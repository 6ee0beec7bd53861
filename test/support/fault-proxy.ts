import { connect, createServer, type Socket } from 'node:net';

/** A loopback proxy in front of PostgreSQL that breaks connections at chosen messages. */
export interface FaultProxy {
  readonly port: number;
  /** How many connections it has broken on purpose. */
  readonly broken: number;
  /**
   * Breaks the next connection on which the client sends this text: before the server gets it (`request`), or after the
   * server has answered it and before the client hears of it (`reply`). `forGood`: and refuses all others from then on.
   */
  breakAt(text: string, side: 'request' | 'reply', options?: { forGood?: boolean }): void;
  close(): Promise<void>;
}

/** Starts a proxy to a port of this machine. */
export async function startFaultProxy(targetPort: number): Promise<FaultProxy> {
  let fault: { text: string; side: 'request' | 'reply'; forGood: boolean } | undefined;
  let broken = 0;
  let refusing = false;
  const sockets = new Set<Socket>();

  const server = createServer((client) => {
    const upstream = connect(targetPort, '127.0.0.1');
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    if (refusing) client.resetAndDestroy();
    let mute = false;
    const breakNow = (forGood: boolean) => {
      broken += 1;
      refusing ||= forGood;
      client.resetAndDestroy();
    };
    client.on('data', (chunk) => {
      if (fault !== undefined && chunk.includes(fault.text)) {
        const { side, forGood } = fault;
        fault = undefined;
        if (side === 'request') return breakNow(forGood);
        mute = true;
        // The first bytes that come back are the reply: the server is done with what it was sent.
        upstream.once('data', () => breakNow(forGood));
      }
      upstream.write(chunk);
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
    breakAt: (text, side, { forGood = false } = {}) => {
      fault = { text, side, forGood };
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      if (server.listening) await new Promise((resolve) => server.close(resolve));
    },
  };
}
