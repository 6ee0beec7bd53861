import type { WriteStream } from 'node:tty';
import type { CliContext, InputStream, OutputStream } from './context.js';
import { INTERRUPTED } from './exit-codes.js';

const writeOut = process.stdout.write.bind(process.stdout);
const writeError = process.stderr.write.bind(process.stderr);

/** Ends the process when its output is out, whatever the modules of an application keep running. */
export async function leave(exitCode: number): Promise<never> {
  await Promise.all([writeOut, writeError].map((write) => new Promise((resolve) => write('', resolve))));
  process.exit(exitCode);
}

/** The context of the real process. Ends it quietly when the reader of its output goes away, and with 130 on Ctrl-C. */
export function systemContext(): CliContext {
  process.once('SIGINT', () => process.exit(INTERRUPTED));
  // Standard output is for results: whatever else is printed, by an application's handlers say, goes to standard error.
  process.stdout.write = writeError;
  return {
    workingDirectory: process.cwd(),
    environment: process.env,
    stdin: inputStream(),
    stdout: outputStream(process.stdout, writeOut),
    stderr: outputStream(process.stderr, writeError),
  };
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

function outputStream(stream: WriteStream, write: (text: string) => boolean): OutputStream {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    // Nobody reads on (`| head`): there is nothing left to do, and nothing to complain about.
    if (error.code === 'EPIPE') process.exit();
    throw error;
  });
  return {
    get isTerminal() {
      return stream.isTTY === true;
    },
    get columns() {
      return stream.isTTY ? stream.columns : undefined;
    },
    write: (text) =>
      new Promise((resolve) => {
        if (write(text)) resolve();
        else stream.once('drain', resolve);
      }),
  };
}
