import type { OutputStream } from './context.js';

/** Work that takes longer than this shows that it goes on, in milliseconds. */
const DELAY = 1000;

/**
 * Shows on standard error, if that is a terminal, what work that takes longer than a second is doing. Steps aside as
 * soon as something is printed.
 */
export class Progress {
  readonly #stderr: OutputStream;
  #timer: NodeJS.Timeout | undefined;
  #spinner: { text: string; stop(): unknown } | undefined;
  #text = '';

  constructor(stderr: OutputStream) {
    this.#stderr = stderr;
  }

  /** Work begins, or goes on with something else. */
  report(text: string): void {
    this.#text = text;
    if (this.#spinner !== undefined) this.#spinner.text = text;
    else if (this.#stderr.isTerminal) this.#timer ??= setTimeout(() => void this.#show(), DELAY).unref();
  }

  /** Work is over, or its output begins. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#spinner?.stop();
    this.#spinner = undefined;
  }

  async #show(): Promise<void> {
    const { default: createSpinner } = await import('yocto-spinner');
    if (this.#timer !== undefined) this.#spinner = createSpinner({ text: this.#text }).start();
  }
}
