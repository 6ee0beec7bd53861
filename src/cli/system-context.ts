import type { WriteStream } from 'node:tty';
import type { CliContext, InputStream, OutputStream } from './context.js';
import { INTERRUPTED } from './exit-codes.js';

/** The context of the real process. Ends it quietly when the reader of its output goes away, and with 130 on Ctrl-C. */
export function systemContext(): CliContext {
  process.once('SIGINT', () => process.exit(INTERRUPTED));
  const stdout = outputStream(process.stdout);
  // Standard output is for results: whatever else is printed, by an application's handlers say, goes to standard error.
  process.stdout.write = process.stderr.write.bind(process.stderr);
  return {
    workingDirectory: process.cwd(),
    environment: process.env,
    stdin: inputStream(),
    stdout,
    stderr: outputStream(process.stderr),
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

function outputStream(stream: WriteStream): OutputStream {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    // Nobody reads on (`| head`): there is nothing left to do, and nothing to complain about.
    if (error.code === 'EPIPE') process.exit();
    throw error;
  });
  const write = stream.write.bind(stream);
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
