import { escapeText } from '../render/escape.js';

/** Something that a command says beside its result. */
export interface Remark {
  readonly kind: 'warning' | 'note';
  readonly text: string;
}

/** Parts of the process that remarks are written to, and whose end brings out those held back. */
interface RemarkProcess {
  readonly stderr: { write(text: string): Promise<void> };
  readonly onExit: (cleanUp: () => void) => () => void;
}

/** Says what a command has to say beside its result: at once, or for programs when it has ended. */
export class Remarks {
  readonly #host: RemarkProcess;
  readonly #isLate: boolean;
  #held: Remark[] = [];
  #keep: (() => void) | undefined;

  /** With `isLate`, remarks wait for {@link tell} or {@link take}: whoever parses standard error finds one error there, or none. */
  constructor(host: RemarkProcess, isLate: boolean) {
    this.#host = host;
    this.#isLate = isLate;
  }

  async say(remark: Remark): Promise<void> {
    if (!this.#isLate) return await this.#write(remark);
    this.#held.push(remark);
    // What is interrupted, such as `tail -f`, has no other end.
    this.#keep ??= this.#host.onExit(() => void this.tell());
  }

  /** Says what has been held back. */
  async tell(): Promise<void> {
    // All at once: a process that ends waits for nothing.
    await Promise.all(this.#taken().map((remark) => this.#write(remark)));
  }

  /** The texts that have been held back, for an error to carry them; they are not said any more. */
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
    await this.#host.stderr.write(`${kind}: ${escapeText(text)}\n`);
  }
}
