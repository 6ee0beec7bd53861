import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';

/** Something that listens on a loopback port. */
export interface Listener {
  readonly port: number;
  /** Number of connections made to it so far. */
  readonly connections: number;
  /** Stops listening and breaks every connection that is still open. */
  close(): Promise<void>;
}

/** Lets a server listen on a free loopback port. */
export async function listen(server: Server): Promise<Listener> {
  const open = new Set<Socket>();
  let connections = 0;
  server.on('connection', (socket) => {
    connections += 1;
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    // The other side may go away at any time.
    socket.on('error', () => {});
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    get connections() {
      return connections;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of open) socket.destroy();
      }),
  };
}

/** A server that takes every connection and never says anything. */
export function listenSilently(): Promise<Listener> {
  return listen(createServer((socket) => socket.resume()));
}

/** A server that takes every connection and closes it at once, as a port-forwarder does with nothing behind it. */
export function listenAndHangUp(): Promise<Listener> {
  return listen(createServer((socket) => socket.end()));
}

/** A server that does not speak PostgreSQL's protocol. */
export function listenAsWebServer(): Promise<Listener> {
  const answer = 'HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n';
  return listen(createServer((socket) => socket.on('data', () => socket.write(answer))));
}

/** A proxy in front of a loopback port that can become useless. */
export interface Relay extends Listener {
  /** From now on nothing of what the server says arrives, and new connections are closed at once. */
  fallSilent(): void;
}

/** Starts a {@link Relay}. */
export async function relay(targetPort: number): Promise<Relay> {
  let silent = false;
  const listener = await listen(
    createServer((client) => {
      if (silent) {
        client.destroy();
        return;
      }
      const server = connect(targetPort, '127.0.0.1');
      client.pipe(server);
      server.on('data', (chunk) => {
        if (!silent) client.write(chunk);
      });
      client.on('close', () => server.destroy());
      server.on('close', () => client.destroy());
      server.on('error', () => client.destroy());
    }),
  );
  return Object.assign(listener, {
    fallSilent: () => {
      silent = true;
    },
  });
}

/** A proxy that offers TLS in front of a PostgreSQL server without it. */
export interface TlsFront extends Listener {
  /** The names on the clients' certificates, one for each encrypted connection, '' for a client that had none. */
  readonly clients: readonly string[];
}

/** Starts a {@link TlsFront} with a certificate; it asks clients for theirs, and trusts the authority named. */
export async function listenWithTls(
  targetPort: number,
  { cert, key, authority }: { cert: string; key: string; authority: string },
): Promise<TlsFront> {
  const clients: string[] = [];
  const options = { cert, key, ca: authority, requestCert: true, rejectUnauthorized: false };
  const tls = createTlsServer(options, (client) => {
    clients.push(client.authorized ? String(client.getPeerCertificate().subject?.CN ?? '') : '');
    const server = connect(targetPort, '127.0.0.1');
    server.on('error', () => client.destroy());
    server.on('close', () => client.destroy());
    client.on('error', () => server.destroy());
    client.on('close', () => server.destroy());
    client.pipe(server).pipe(client);
  });
  const listener = await listen(
    createServer((socket) => {
      // The first message is always the request for encryption.
      socket.once('data', () => {
        socket.write('S');
        tls.emit('connection', socket);
      });
    }),
  );
  return Object.assign(listener, { clients });
}
