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
  #bar: { update(done: number): unknown; stop(): unknown } | undefined;
  #measured: { text: string; done: number; total: number; unit: string } | undefined;

  constructor(stderr: OutputStream) {
    this.#stderr = stderr;
  }

  /** Work begins, or goes on with something else. */
  report(text: string): void {
    this.#text = text;
    if (this.#spinner !== undefined) this.#spinner.text = text;
    else if (this.#stderr.isTerminal) this.#timer ??= setTimeout(() => void this.#show(), DELAY).unref();
  }

  /** Work of a known size goes on: so much is done of so much; a `total` of 0 is not known. */
  measure(text: string, done: number, total: number, unit: string): void {
    if (total <= 0) return this.report(`${text}: ${done.toLocaleString('en')} ${unit}`);
    this.#measured = { text, done, total, unit };
    if (this.#bar !== undefined) this.#bar.update(done);
    else if (this.#spinner !== undefined) {
      this.#spinner.stop();
      this.#spinner = undefined;
      void this.#showBar();
    } else if (this.#stderr.isTerminal) this.#timer ??= setTimeout(() => void this.#show(), DELAY).unref();
  }

  /** Work is over, or its output begins. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#spinner?.stop();
    this.#spinner = undefined;
    this.#bar?.stop();
    this.#bar = undefined;
    this.#measured = undefined;
  }

  async #show(): Promise<void> {
    if (this.#measured !== undefined) return await this.#showBar();
    const { default: createSpinner } = await import('yocto-spinner');
    if (this.#timer !== undefined) this.#spinner = createSpinner({ text: this.#text }).start();
  }

  async #showBar(): Promise<void> {
    const { default: progressBars } = await import('cli-progress');
    const { text, done, total, unit } = this.#measured ?? { text: '', done: 0, total: 0, unit: '' };
    if (this.#timer === undefined || total === 0) return;
    const bar = new progressBars.SingleBar({
      format: `${text} [{bar}] {percentage}% | {value}/{total} ${unit} | {eta_formatted} left`,
      barCompleteChar: '█',
      barIncompleteChar: '░',
      clearOnComplete: true,
      hideCursor: true,
    });
    bar.start(total, done);
    this.#bar = bar;
  }
}
