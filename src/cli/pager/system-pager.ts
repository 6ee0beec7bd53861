import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Environment } from '../../connection/environment.js';
import type { Pager } from '../context.js';
import { asProgram, pagerEnvironment } from './pager-command.js';

/** Exit codes of a shell that cannot run a program. */
const NOT_RUN = [126, 127];
/** A pager that has read more characters than this is certainly running. */
const SURELY_READ = 256 * 1024;

/** Callbacks for a user who quits the pager before the end of the text, or interrupts it. */
export interface PagerEnds {
  readonly onQuit: () => void;
  readonly onInterrupted: () => void;
}

/** Starts a pager on the terminal of this process; `undefined` when it cannot be started. */
export async function startPager(
  command: string,
  environment: Environment,
  ends: PagerEnds,
): Promise<SystemPager | undefined> {
  const env = pagerEnvironment(environment);
  const program = asProgram(command);
  const stdio = ['pipe', 'inherit', 'inherit'] as const;
  try {
    const child =
      program === undefined
        ? spawn(command, { env, stdio: [...stdio], shell: true })
        : spawn(program[0], program.slice(1), { env, stdio: [...stdio] });
    await once(child, 'spawn');
    return new SystemPager(child, ends);
  } catch {
    return undefined;
  }
}

/** A running pager. */
export class SystemPager implements Pager {
  readonly #child: ChildProcess;
  readonly #closed: Promise<void>;
  /** The text written so far, kept until it is certain that the pager runs. */
  #sent = '';
  #unread: string | undefined;
  #isRead = false;
  #hasEnded = false;
  #isInterrupted = false;

  constructor(child: ChildProcess, { onQuit, onInterrupted }: PagerEnds) {
    this.#child = child;
    // The user may quit at any time; the event `close` reports that.
    child.stdin?.on('error', () => {});
    this.#closed = new Promise((resolve) => {
      child.once('close', (code) => {
        if (this.#isInterrupted) onInterrupted();
        else if (code !== null && NOT_RUN.includes(code) && !this.#isRead) this.#unread = this.#sent;
        else if (!this.#hasEnded) onQuit();
        resolve();
      });
    });
  }

  get isOpen(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  get unread(): string | undefined {
    return this.#unread;
  }

  async write(text: string): Promise<void> {
    this.#isRead ||= this.#sent.length + text.length > SURELY_READ;
    this.#sent = this.#isRead ? '' : this.#sent + text;
    const isTaken = new Promise<void>((resolve) => {
      this.#child.stdin?.write(text, (error) => {
        // After an error the user has quit, and the process ends.
        if (error === null || error === undefined) resolve();
      });
    });
    await Promise.race([isTaken, this.#closed]);
    // After an interrupt nothing more is written; the user can still read the text that is there.
    if (this.#isInterrupted) await new Promise(() => {});
  }

  async end(): Promise<void> {
    this.#hasEnded = true;
    this.#child.stdin?.end();
    await this.#closed;
  }

  /** Stops writing on Ctrl-C, which the pager gets as well. After {@link end}, Ctrl-C is for the pager only. */
  interrupt(): void {
    if (this.#hasEnded) return;
    this.#isInterrupted = true;
    this.#child.stdin?.end();
  }

  /** Ends the pager when this process ends. */
  kill(): void {
    this.#child.kill('SIGTERM');
  }
}
