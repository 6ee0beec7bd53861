import { ChildProcess } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Watches what a test file begins and has to end: processes, connections to the server of the run, temporary folders. */
export interface LeakWatch {
  /** A line for each connection that is open; one that was just closed may be on its way. */
  connections(): string[];
  /** A line for each process and each temporary file or folder that is left. */
  left(): string[];
  /** Ends the processes and removes the folders that are left. */
  clear(): void;
}

/** Starts watching, and gives the process a folder of its own for its temporary ones. */
export function watchForLeaks(serverUrl: string | undefined): LeakWatch {
  const folder = mkdtempSync(join(tmpdir(), 'maestro-test-'));
  // A server may run as another user, and has to come by here.
  chmodSync(folder, 0o777);
  for (const name of ['TMPDIR', 'TMP', 'TEMP']) process.env[name] = folder;
  const children = new Set<ChildProcess>();
  const sockets = new Set<Socket>();
  const port = serverUrl === undefined ? undefined : Number(new URL(serverUrl).port);
  observe(ChildProcess.prototype as unknown as Methods, 'spawn', (child) => children.add(child as ChildProcess));
  observe(Socket.prototype as unknown as Methods, 'connect', (socket) => sockets.add(socket as Socket));
  const running = () => [...children].filter(isRunning);
  return {
    connections: () =>
      [...sockets]
        .filter((socket) => socket.remotePort === port && !socket.destroyed)
        .map(({ localPort }) => `a connection to the server is open, from port ${localPort}`),
    left: () => [
      ...running().map(({ pid, spawnargs }) => `process ${pid} still runs: ${spawnargs.join(' ').slice(0, 200)}`),
      ...readdirSync(folder)
        .filter((name) => !CACHE.test(name))
        .map((name) => `a temporary file or folder is left: ${join(folder, name)}`),
    ],
    clear: () => {
      for (const child of running()) child.kill('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A process that runs TypeScript keeps what it has compiled. */
const CACHE = /^tsx-/;

type Methods = Record<string, (this: unknown, ...values: unknown[]) => unknown>;

/** Has a method tell which object it is called on. */
function observe(methods: Methods, name: string, tell: (object: unknown) => void): void {
  const original = methods[name];
  methods[name] = function (...values) {
    tell(this);
    return original?.apply(this, values);
  };
}

/** The service of esbuild ends by itself, with the process that started it. */
function isRunning({ pid, exitCode, signalCode, killed, spawnargs }: ChildProcess): boolean {
  const isService = spawnargs?.some((word) => word.startsWith('--service='));
  return pid !== undefined && exitCode === null && signalCode === null && !killed && !isService;
}
