import { emitKeypressEvents } from 'node:readline';
import { PassThrough } from 'node:stream';
import type { WriteStream } from 'node:tty';
import { workingDirectory } from '../connection/environment.js';
import type { CliContext, InputStream, Key, OutputStream, RawTerminal } from './context.js';
import { OutputError } from './errors.js';
import { type ExitCode, INTERRUPTED, TERMINATED } from './exit-codes.js';
import type { SystemPager } from './pager/system-pager.js';

const writeOut = process.stdout.write.bind(process.stdout);
const writeError = process.stderr.write.bind(process.stderr);

/** Ends the process once its output is written, even if modules of an application keep timers or connections open. */
export async function leave(exitCode: number): Promise<never> {
  await Promise.all([writeOut, writeError].map((write) => new Promise((resolve) => write('', resolve))));
  process.exit(exitCode);
}

/**
 * The context of the real process. The process ends quietly when the reader of its output goes away, with exit code 130 on
 * Ctrl-C, and with 143 on SIGTERM.
 */
export function systemContext(): CliContext {
  let pager: SystemPager | undefined;
  let stop: ((exitCode: ExitCode) => void) | undefined;
  const end = (exitCode: ExitCode) => {
    const stopping = stop;
    // Whoever cannot wait for it presses Ctrl-C a second time.
    stop = undefined;
    if (stopping === undefined) process.exit(exitCode);
    stopping(exitCode);
  };
  process.on('SIGINT', () => (pager?.isOpen === true ? pager.interrupt() : end(INTERRUPTED)));
  process.on('SIGTERM', () => end(TERMINATED));
  // Standard output is for results: whatever else is printed, by an application's handlers say, goes to standard error.
  process.stdout.write = writeError;
  return {
    get workingDirectory() {
      return workingDirectory();
    },
    environment: process.env,
    stdin: inputStream(),
    stdout: outputStream(process.stdout, writeOut),
    stderr: outputStream(process.stderr, writeError),
    openTerminal: () => (process.stdin.isTTY && process.stdout.isTTY ? openTerminal() : undefined),
    openPager: async (command, quitCode) => {
      const { startPager } = await import('./pager/system-pager.js');
      const ends = { onQuit: () => process.exit(quitCode()), onInterrupted: () => process.exit(INTERRUPTED) };
      pager = await startPager(command, process.env, ends);
      process.once('exit', () => pager?.kill());
      return pager;
    },
    openBrowser: async (url) => {
      const { openBrowser } = await import('./output/open-browser.js');
      openBrowser(url, process.platform);
    },
    endWithReader: async () => {
      const { watchPipe } = await import('./output/watch-pipe.js');
      watchPipe(() => process.exit());
    },
    onInterrupt: (stopping) => {
      stop = stopping;
      return () => {
        stop = undefined;
      };
    },
    onExit: (cleanUp) => {
      process.once('exit', cleanUp);
      return () => void process.off('exit', cleanUp);
    },
  };
}

/** The assumed size of a terminal of unknown size. */
const USUAL_SIZE = { columns: 80, rows: 24 };

/** Puts the terminal into raw mode, where Ctrl-C is a key like others, and so ends the process here. */
function openTerminal(): RawTerminal {
  const { stdin, stdout } = process;
  const keys = new PassThrough({ objectMode: true });
  const onKey = (text: string | undefined, { name = '', ctrl = false }: KeypressEvent = {}) => {
    if (ctrl && name === 'c') process.exit(INTERRUPTED);
    keys.write({ name: name || (text ?? ''), text, ctrl } satisfies Key);
  };
  const listeners = new Set<() => void>();
  emitKeypressEvents(stdin);
  stdin.setRawMode(true);
  stdin.on('keypress', onKey).resume();
  const close = () => {
    stdin.off('keypress', onKey).setRawMode(false);
    stdin.pause();
    for (const listener of listeners) stdout.off('resize', listener);
    keys.end();
  };
  return {
    get columns() {
      return stdout.columns || USUAL_SIZE.columns;
    },
    get rows() {
      return stdout.rows || USUAL_SIZE.rows;
    },
    keys,
    onResize: (listener) => {
      listeners.add(listener);
      stdout.on('resize', listener);
    },
    close,
  };
}

interface KeypressEvent {
  readonly name?: string;
  readonly ctrl?: boolean;
}

function inputStream(): InputStream {
  return {
    // Looked at only when it is read: the mere access opens the stream.
    get isTerminal() {
      return process.stdin.isTTY === true;
    },
    [Symbol.asyncIterator]: () => process.stdin[Symbol.asyncIterator](),
  };
}

function outputStream(stream: WriteStream, write: typeof writeOut): OutputStream {
  let failure: NodeJS.ErrnoException | undefined;
  stream.on('error', (error: NodeJS.ErrnoException) => {
    // Nobody reads on (`| head`): there is nothing left to do, and nothing to complain about.
    if (error.code === 'EPIPE') process.exit();
    failure ??= error;
  });
  return {
    get isTerminal() {
      return stream.isTTY === true;
    },
    get columns() {
      // A terminal that was never told its size says 0.
      return stream.isTTY ? stream.columns || undefined : undefined;
    },
    get rows() {
      return stream.isTTY ? stream.rows || undefined : undefined;
    },
    write: (text) =>
      new Promise((resolve, reject) => {
        // Whom could it be told that standard error cannot be written?
        const fail = (error: Error) => (stream === process.stderr ? resolve() : reject(new OutputError(error)));
        if (failure !== undefined) return fail(failure);
        const isTaken = write(text, (error) => {
          if (error) fail(error);
          else if (!isTaken) resolve();
        });
        if (isTaken) resolve();
      }),
  };
}
