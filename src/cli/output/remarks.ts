import { escapeText } from '../../text/escape.js';
import { wrapped } from './terminal.js';

/** A note or a warning beside the result of a command. */
export interface Remark {
  readonly kind: 'warning' | 'note';
  readonly text: string;
}

/** The parts of the process that are used: standard error, and its end, at which held remarks are written. */
interface RemarkProcess {
  readonly stderr: { readonly columns: number | undefined; write(text: string): Promise<void> };
  readonly onExit: (cleanUp: () => void) => () => void;
}

/** Writes notes and warnings, in a terminal wrapped between words: at once, or for programs when the command has ended. */
export class Remarks {
  readonly #host: RemarkProcess;
  readonly #isLate: boolean;
  #held: Remark[] = [];
  #keep: (() => void) | undefined;

  /** With `isLate`, remarks wait for {@link tell} or {@link take}, so that standard error of a failed command is one JSON error. */
  constructor(host: RemarkProcess, isLate: boolean) {
    this.#host = host;
    this.#isLate = isLate;
  }

  async say(remark: Remark): Promise<void> {
    if (!this.#isLate) return await this.#write(remark);
    this.#held.push(remark);
    // An interrupted command, such as `tail -f`, has no other end.
    this.#keep ??= this.#host.onExit(() => void this.tell());
  }

  /** Writes the held remarks. */
  async tell(): Promise<void> {
    // All at once: a process that ends waits for nothing.
    await Promise.all(this.#taken().map((remark) => this.#write(remark)));
  }

  /** Removes the held remarks and returns their texts, to be part of an error. */
  take(): string[] {
    return this.#taken().map(({ text }) => text);
  }

  #taken(): Remark[] {
    const held = this.#held;
    this.#held = [];
    this.#keep?.();
    this.#keep = undefined;
    return held;
  }

  async #write({ kind, text }: Remark): Promise<void> {
    const { stderr } = this.#host;
    await stderr.write(`${wrapped(`${kind}: ${escapeText(text)}`, stderr.columns)}\n`);
  }
}
