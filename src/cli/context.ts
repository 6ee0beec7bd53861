import type { Environment } from '../connection/environment.js';
import type { Remarks } from './output/remarks.js';

/** A stream that the command line writes to. */
export interface OutputStream {
  /** Whether it is a terminal. */
  readonly isTerminal: boolean;
  /** Its width in columns; absent when it is no terminal, and when a terminal does not tell it. */
  readonly columns: number | undefined;
  /** Its height in lines; absent likewise. */
  readonly rows?: number | undefined;
  /** Resolves when more can be written. */
  write(text: string): Promise<void>;
  /** Writes what a pager shows if it is longer than the screen; absent where there is no pager. */
  readonly page?: (text: string) => Promise<void>;
  /** True while something is held back for a pager, or in it. */
  readonly isPaged?: () => boolean;
}

/** A running program that shows text page by page. When its reader leaves it early, the process ends, as with a closed pipe. */
export interface Pager {
  /** Resolves when more can be written; not any more once it was interrupted. */
  write(text: string): Promise<void>;
  /** Says that this is all, and waits until the reader has left it. */
  end(): Promise<void>;
  /** The text that it was given, if it turned out that it could not be run. */
  readonly unread: string | undefined;
}

/** A stream that the command line reads, chunk by chunk. */
export interface InputStream extends AsyncIterable<Uint8Array> {
  /** Whether it is a terminal, at which somebody would have to type. */
  readonly isTerminal: boolean;
}

/** A key that was pressed: its name (`up`, `a`, `return`), or the character that it typed. */
export interface Key {
  readonly name: string;
  /** The character, when it typed one. */
  readonly text: string | undefined;
  readonly ctrl: boolean;
}

/** A terminal that hands over every key as it is pressed, but for Ctrl-C, which ends the process as it always does. */
export interface RawTerminal {
  readonly columns: number;
  readonly rows: number;
  /** Every key from now on, one by one; ends with {@link close}. */
  readonly keys: AsyncIterable<Key>;
  /** Calls back whenever the terminal gets another size. */
  onResize(listener: () => void): void;
  /** Gives keys their usual meaning back. Safe to call twice. */
  close(): void;
}

/** All that a command knows of the process it runs in: the seam between the commands and the world, and for tests. */
export interface CliContext {
  readonly workingDirectory: string;
  readonly environment: Environment;
  readonly stdin: InputStream;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  /** Takes the terminal over, if standard input and output are one. */
  readonly openTerminal: () => RawTerminal | undefined;
  /** Starts a pager on the terminal; nothing when it cannot be run. */
  readonly openPager: (command: string, quitCode: () => number) => Promise<Pager | undefined>;
  /** Has the process end as soon as nobody reads its output any more, even if it has nothing to write. */
  readonly endWithReader?: () => Promise<void>;
  /** Has something done when the process ends in the midst of a command, by Ctrl-C say; gives what takes that back. */
  readonly onExit: (cleanUp: () => void) => () => void;
  /** The remarks beside the result; absent where they are said at once. */
  readonly remarks?: Remarks;
}
