import type { Environment } from '../connection/environment.js';
import type { ExitCode } from './exit-codes.js';
import type { Remarks } from './output/remarks.js';

/** A stream that the command line writes to. */
export interface OutputStream {
  /** True for a terminal. */
  readonly isTerminal: boolean;
  /** Width in columns; absent when it is not a terminal, or a terminal of unknown size. */
  readonly columns: number | undefined;
  /** Height in lines; absent in the same cases. */
  readonly rows?: number | undefined;
  /** Resolves when more can be written. */
  write(text: string): Promise<void>;
  /** Writes text that goes to a pager when it is longer than the screen; absent where no pager is used. */
  readonly page?: (text: string) => Promise<void>;
  /** True while text is held back for a pager, or is shown in it. */
  readonly isPaged?: () => boolean;
}

/** A running pager. When the user quits it early, the process ends, as with a closed pipe. */
export interface Pager {
  /** Resolves when more can be written; never after an interrupt. */
  write(text: string): Promise<void>;
  /** Ends the text, and waits until the user quits the pager. */
  end(): Promise<void>;
  /** The text written so far, if the pager could not be run after all. */
  readonly unread: string | undefined;
}

/** A stream that the command line reads, chunk by chunk. */
export interface InputStream extends AsyncIterable<Uint8Array> {
  /** True for a terminal, at which a user would have to type the input. */
  readonly isTerminal: boolean;
}

/** A key that was pressed: its name (`up`, `a`, `return`), or the character that it typed. */
export interface Key {
  readonly name: string;
  /** The character, when it typed one. */
  readonly text: string | undefined;
  readonly ctrl: boolean;
}

/** A terminal in raw mode: every key is read as it is pressed, except Ctrl-C, which ends the process as usual. */
export interface RawTerminal {
  readonly columns: number;
  readonly rows: number;
  /** Keys pressed from now on; ends with {@link close}. */
  readonly keys: AsyncIterable<Key>;
  /** Calls the listener whenever the size of the terminal changes. */
  onResize(listener: () => void): void;
  /** Ends raw mode. May be called twice. */
  close(): void;
}

/** Everything that a command uses of its process. Tests give another one. */
export interface CliContext {
  readonly workingDirectory: string;
  readonly environment: Environment;
  readonly stdin: InputStream;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  /** Puts the terminal into raw mode; `undefined` unless standard input and output are a terminal. */
  readonly openTerminal: () => RawTerminal | undefined;
  /** Starts a pager on the terminal; `undefined` when it cannot be run. `quitCode` is the exit code if the user quits it early. */
  readonly openPager: (command: string, quitCode: () => number) => Promise<Pager | undefined>;
  /** Makes the process end as soon as the reader of its output has gone, even while it has nothing to write. */
  readonly endWithReader?: () => Promise<void>;
  /** Opens an address in the browser of whoever sits at this machine; absent where there is none. Never rejects. */
  readonly openBrowser?: (url: string) => Promise<void>;
  /**
   * Has a function called at the first Ctrl-C or SIGTERM, with the exit code, in the place of ending the process at once; returns how
   * to remove it. For a command that has something to finish.
   */
  readonly onInterrupt?: (stop: (exitCode: ExitCode) => void) => () => void;
  /** Registers a function to run when the process ends during a command, such as by Ctrl-C; returns how to remove it. */
  readonly onExit: (cleanUp: () => void) => () => void;
  /** Keeps notes and warnings until the command ends, for `-o json|ndjson`; when absent, each is printed at once. */
  readonly remarks?: Remarks;
}
