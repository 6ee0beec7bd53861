import { constants, fstatSync, openSync } from 'node:fs';

/** The members that are used of Node's own handle of a stream. */
interface Handle {
  open(descriptor: number): number;
  readStart(): number;
  unref(): void;
  onread: () => void;
}

interface Internals {
  binding(name: string): unknown;
}

/** Standard output. */
const OUTPUT = 1;

/**
 * Calls back when the reader of standard output, a pipe, has gone, even if nothing is written. Does nothing for other outputs,
 * and where it cannot be found out: then the next write fails.
 *
 * No public part of Node tells. A `net.Socket` on the writing end of a pipe refuses to read (`ENOTCONN`), a `tty` stream takes no pipe,
 * opening it for reading makes this process a reader of its own, writing nothing always succeeds, and `fs.watch` and `fstat` see no
 * readers come and go. The system does tell whoever polls the descriptor, as libuv does for a handle of any kind; its handle of TCP
 * takes a descriptor without looking at what it is. Relied on are `process.binding('tcp_wrap')`, which Node deprecates but keeps for
 * programs like this one, the four members of {@link Handle}, and Linux's `/proc/self/fd`, through which the handle gets a descriptor of its own,
 * which the process's own stream does not know of.
 */
export function watchPipe(onGone: () => void): void {
  try {
    if (!fstatSync(OUTPUT).isFIFO()) return;
    const handle = newHandle();
    const descriptor = openSync(`/proc/self/fd/${OUTPUT}`, constants.O_WRONLY | constants.O_NONBLOCK);
    if (handle?.open(descriptor) !== 0) return;
    handle.onread = onGone;
    handle.unref();
    handle.readStart();
  } catch {
    // Another system, or a Node without this, or one that permits it to nobody (`--permission`).
  }
}

/** A handle with all that {@link watchPipe} relies on; undefined, or an error, when this Node has none. */
export function newHandle(): Handle | undefined {
  const { TCP, constants: kinds } = (process as unknown as Internals).binding('tcp_wrap') as {
    TCP: new (kind: number) => Handle;
    constants: { SOCKET: number };
  };
  const handle = new TCP(kinds.SOCKET);
  const members = ['open', 'readStart', 'unref'] as const;
  return members.every((name) => typeof handle[name] === 'function') ? handle : undefined;
}
