import { ChildProcess } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Watches what test files begin and have to end: processes, connections to the server of the run, temporary folders. */
export interface LeakWatch {
  /** Gives a test file a folder of its own for its temporary ones: what is begun from now on is its. */
  turnTo(file: string): void;
  /** A line for each connection that is open; one that was just closed may be on its way. */
  connections(): Leak[];
  /** A line for each process and each temporary file or folder that is left. */
  left(): Leak[];
  /** Ends the processes and removes the folders that are left. */
  clear(): void;
}

/** What a test file has left. */
export interface Leak {
  readonly file: string;
  readonly what: string;
}

/** Starts watching, with the file whose turn it is. */
export function watchForLeaks(serverUrl: string | undefined, first: string): LeakWatch {
  const parent = tmpdir();
  const folders = new Map<string, string>();
  const children = new Map<ChildProcess, string>();
  const sockets = new Map<Socket, string>();
  let file = first;
  const turnTo = (next: string) => {
    file = next;
    const folder = folders.get(file) ?? mkdtempSync(join(parent, 'maestro-test-'));
    folders.set(file, folder);
    // A server may run as another user, and has to come by here.
    chmodSync(folder, 0o777);
    for (const name of ['TMPDIR', 'TMP', 'TEMP']) process.env[name] = folder;
  };
  turnTo(first);
  const port = serverUrl === undefined ? undefined : Number(new URL(serverUrl).port);
  observe(ChildProcess.prototype as unknown as Methods, 'spawn', (child) => children.set(child as ChildProcess, file));
  observe(Socket.prototype as unknown as Methods, 'connect', (socket) => sockets.set(socket as Socket, file));
  const running = () => [...children].filter(([child]) => isRunning(child));
  return {
    turnTo,
    connections: () =>
      [...sockets]
        .filter(([socket]) => socket.remotePort === port && !socket.destroyed)
        .map(([socket, owner]) => ({
          file: owner,
          what: `a connection to the server is open, from port ${socket.localPort}`,
        })),
    left: () => [
      ...running().map(([{ pid, spawnargs }, owner]) => ({
        file: owner,
        what: `process ${pid} still runs: ${spawnargs.join(' ').slice(0, 200)}`,
      })),
      ...[...folders].flatMap(([owner, folder]) =>
        readdirSync(folder)
          .filter((name) => !CACHE.test(name))
          .map((name) => ({ file: owner, what: `a temporary file or folder is left: ${join(folder, name)}` })),
      ),
    ],
    clear: () => {
      for (const [child] of running()) child.kill('SIGKILL');
      for (const folder of folders.values()) rmSync(folder, { recursive: true, force: true });
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
