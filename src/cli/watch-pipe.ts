import { constants, fstatSync, openSync } from 'node:fs';

/** What is used of Node's own handle of a stream. */
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
 * Calls back once nobody reads the pipe that standard output is any more, though nothing is written to it. Does nothing where it is no
 * pipe, or where that cannot be found out.
 *
 * Node tells it only to those who write, and refuses to watch the writing end of a pipe as one; its handle of another kind
 * of stream watches any descriptor. It gets one of its own, which the process's own stream does not know of.
 */
export function watchPipe(onGone: () => void): void {
  try {
    if (!fstatSync(OUTPUT).isFIFO()) return;
    const { TCP, constants: kinds } = (process as unknown as Internals).binding('tcp_wrap') as {
      TCP: new (kind: number) => Handle;
      constants: { SOCKET: number };
    };
    const handle = new TCP(kinds.SOCKET);
    const descriptor = openSync(`/proc/self/fd/${OUTPUT}`, constants.O_WRONLY | constants.O_NONBLOCK);
    if (handle.open(descriptor) !== 0) return;
    handle.onread = onGone;
    handle.unref();
    handle.readStart();
  } catch {
    // Another system, or a Node without this: the next thing that is written will find out.
  }
}
