import type { Environment } from '../connection/settings.js';

/** A stream that the command line writes to. */
export interface OutputStream {
  /** Whether it is a terminal. */
  readonly isTerminal: boolean;
  /** Its width in columns; absent when it is no terminal. */
  readonly columns: number | undefined;
  /** Resolves when more can be written. */
  write(text: string): Promise<void>;
}

/** A stream that the command line reads, chunk by chunk. */
export interface InputStream extends AsyncIterable<Uint8Array> {
  /** Whether it is a terminal, at which somebody would have to type. */
  readonly isTerminal: boolean;
}

/** All that a command knows of the process it runs in: the seam between the commands and the world, and for tests. */
export interface CliContext {
  readonly workingDirectory: string;
  readonly environment: Environment;
  readonly stdin: InputStream;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
}
