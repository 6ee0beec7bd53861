import { EventEmitter, on } from 'node:events';
import { fileURLToPath } from 'node:url';
import pty from '@lydell/node-pty';
import xterm from '@xterm/headless';
import type { TestFn } from 'ava';

/** A terminal that a program runs in, and what is to be seen in it. */
export interface PseudoTerminal {
  /** The lines that are on the screen, without spaces at their ends. */
  readonly screen: readonly string[];
  /** All that was ever written to the terminal. */
  readonly written: string;
  /** True while the program uses the alternate screen. */
  readonly isAlternate: boolean;
  readonly isCursorShown: boolean;
  /** True when text that is too long for a line continues in the next one. */
  readonly wraps: boolean;
  /** Number of resets of the terminal. */
  readonly resets: number;
  /** Number of lines that have scrolled off the screen. */
  readonly scrolled: number;
  /** The column at which a text begins in a line of the screen. */
  columnOf(text: string, row: number): number;
  press(keys: string): void;
  /** Asks the program, not the shell, to end. */
  terminate(): void;
  resize(columns: number, rows: number): void;
  /** Waits until the screen is as it should be, and gives it. */
  until(condition: (screen: readonly string[]) => boolean): Promise<readonly string[]>;
  /** Waits until a text is on the screen. */
  shows(...texts: readonly (string | RegExp)[]): Promise<readonly string[]>;
  /** Waits until the program has ended; gives its exit code. */
  ended(): Promise<number>;
}

/** Size of the terminal and surroundings of the program. */
export interface TerminalOptions {
  readonly columns?: number;
  readonly rows?: number;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Shell command that runs before the program. */
  readonly before?: string;
}

const PROGRAM = fileURLToPath(new URL('../../../dist/bin/maestro.js', import.meta.url));
/** Longest time until something appears, in milliseconds. */
const DEADLINE = 30_000;

/**
 * Real pseudo-terminals for one test file; what still runs in them is ended with it. A shell runs the built program in
 * each and then says what it has left: its exit code and how the terminal is set.
 */
export function usePseudoTerminals(test: TestFn<unknown>): {
  maestro(argv: readonly string[], options?: TerminalOptions): PseudoTerminal;
} {
  const running = new Set<pty.IPty>();
  test.after.always(() => {
    for (const child of running) child.kill('SIGKILL');
  });
  return {
    maestro: (argv, { columns = 80, rows = 24, env = {}, cwd = '/', before = 'true' } = {}) => {
      const script = `trap : TERM; ${before}; echo "before it"; "$@"; echo "exit code $?"; stty -a; echo "that was all"; read line`;
      const child = pty.spawn('/bin/sh', ['-c', script, 'sh', process.execPath, PROGRAM, ...argv], {
        cols: columns,
        rows,
        cwd,
        env: { PATH: process.env['PATH'], TZ: process.env['TZ'], TERM: 'xterm-256color', ...env },
      });
      running.add(child);
      child.onExit(() => running.delete(child));
      return new Emulated(child, columns, rows);
    },
  };
}

class Emulated implements PseudoTerminal {
  written = '';
  resets = 0;
  isCursorShown = true;
  readonly #child: pty.IPty;
  readonly #terminal: xterm.Terminal;
  readonly #drawn = new EventEmitter();
  /** True between the marks of a synchronized update, when the screen is not complete. */
  #isDrawing = false;

  constructor(child: pty.IPty, cols: number, rows: number) {
    this.#child = child;
    this.#terminal = new xterm.Terminal({ cols, rows, scrollback: 1000, allowProposedApi: true });
    const { parser } = this.#terminal;
    const mode = (isOn: boolean) => (parameters: readonly (number | number[])[]) => {
      if (parameters.includes(25)) this.isCursorShown = isOn;
      if (parameters.includes(2026)) this.#isDrawing = isOn;
      return false;
    };
    parser.registerCsiHandler({ prefix: '?', final: 'h' }, mode(true));
    parser.registerCsiHandler({ prefix: '?', final: 'l' }, mode(false));
    parser.registerEscHandler({ final: 'c' }, () => {
      this.resets += 1;
      return false;
    });
    child.onData((text) => {
      this.written += text;
      this.#terminal.write(text, () => this.#drawn.emit('drawn'));
    });
  }

  get screen(): readonly string[] {
    const { baseY } = this.#buffer;
    return Array.from(
      { length: this.#terminal.rows },
      (_, row) => this.#line(baseY + row)?.translateToString(true) ?? '',
    );
  }

  get isAlternate(): boolean {
    return this.#buffer.type === 'alternate';
  }

  get wraps(): boolean {
    return this.#terminal.modes.wraparoundMode;
  }

  get scrolled(): number {
    return this.#buffer.baseY;
  }

  columnOf(text: string, row: number): number {
    const line = this.#line(this.#buffer.baseY + row);
    for (let column = 0; column < this.#terminal.cols; column += 1)
      if (line?.translateToString(false, column).startsWith(text)) return column;
    return -1;
  }

  press(keys: string): void {
    this.#child.write(keys);
  }

  terminate(): void {
    // The shell, which is of the same group, takes no notice.
    process.kill(-this.#child.pid, 'SIGTERM');
  }

  resize(columns: number, rows: number): void {
    this.#terminal.resize(columns, rows);
    this.#child.resize(columns, rows);
  }

  async until(
    condition: (screen: readonly string[]) => boolean,
    what = condition.toString(),
  ): Promise<readonly string[]> {
    const drawn = on(this.#drawn, 'drawn', { signal: AbortSignal.timeout(DEADLINE) });
    try {
      while (this.#isDrawing || !condition(this.screen)) await drawn.next();
      await drawn.return?.();
    } catch (cause) {
      throw new Error(`This was never to be seen: ${what}\nbut at last:\n${this.screen.join('\n')}`, { cause });
    }
    return this.screen;
  }

  async shows(...texts: readonly (string | RegExp)[]): Promise<readonly string[]> {
    const isThere = (text: string | RegExp, all: string) =>
      typeof text === 'string' ? all.includes(text) : text.test(all);
    return await this.until((screen) => texts.every((text) => isThere(text, screen.join('\n'))), texts.join(', '));
  }

  async ended(): Promise<number> {
    // The shell goes on until it is told, because what is written last before an end may not arrive.
    const screen = await this.shows('that was all');
    this.press('\r');
    return Number(/exit code (\d+)/.exec(screen.join('\n'))?.[1]);
  }

  get #buffer(): xterm.IBuffer {
    return this.#terminal.buffer.active;
  }

  #line(row: number): xterm.IBufferLine | undefined {
    return this.#buffer.getLine(row);
  }
}
