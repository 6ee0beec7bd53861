import { connect, createServer } from 'node:net';
import { type Listener, listen } from './tcp.js';

/** A proxy in front of a loopback port that counts the chunks that pass in both directions. */
export interface CountingRelay extends Listener {
  /** Number of chunks that have passed since the last {@link watch}. */
  readonly passed: number;
  /** Counts anew and acts at one chunk: just before it, so that it never passes, or just after it. */
  watch(piece: number, moment: 'before' | 'after', act: () => void): void;
}

/** Starts a {@link CountingRelay}. */
export async function countingRelay(targetPort: number): Promise<CountingRelay> {
  let passed = 0;
  let watched = { piece: 0, moment: 'after', act: () => {} };
  /** Passes a piece on. */
  const pass = (write: () => void) => {
    passed += 1;
    const { piece, moment, act } = watched;
    if (passed !== piece) return write();
    if (moment === 'after') write();
    act();
  };
  const listener = await listen(
    createServer((client) => {
      const server = connect(targetPort, '127.0.0.1');
      client.on('data', (chunk) => pass(() => server.write(chunk)));
      server.on('data', (chunk) => pass(() => client.write(chunk)));
      client.on('close', () => server.destroy());
      server.on('close', () => client.destroy());
      server.on('error', () => client.destroy());
    }),
  );
  return {
    port: listener.port,
    get connections() {
      return listener.connections;
    },
    get passed() {
      return passed;
    },
    watch: (piece, moment, act) => {
      passed = 0;
      watched = { piece, moment, act };
    },
    close: () => listener.close(),
  };
}
