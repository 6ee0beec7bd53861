/** Milliseconds after which work shows its progress. */
const DELAY = 1000;
/** Shortest time between two texts of the spinner, which redraws for each, in milliseconds. */
const BETWEEN_TEXTS = 100;

/**
 * The progress of work that takes longer than a second, on standard error if that is a terminal. It disappears as soon as
 * something is printed.
 */
export class Progress {
  readonly #isShown: () => boolean;
  #timer: NodeJS.Timeout | undefined;
  #spinner: { text: string; stop(): unknown } | undefined;
  #text = '';
  #textTime = 0;
  #bar: { update(done: number): unknown; stop(): unknown } | undefined;
  #measured: { text: string; done: number; total: number; unit: string } | undefined;

  constructor(isShown: () => boolean) {
    this.#isShown = isShown;
  }

  /** Starts the progress, or changes its text. */
  report(text: string): void {
    this.#text = text;
    if (this.#spinner !== undefined) this.#change(this.#spinner, text);
    else if (this.#isShown()) this.#timer ??= setTimeout(() => void this.#show(), DELAY).unref();
  }

  /** Shows how much of the work is done; without a bar when `total` is 0, which means unknown. */
  measure(text: string, done: number, total: number, unit: string): void {
    if (total <= 0) return this.report(`${text}: ${done.toLocaleString('en')} ${unit}`);
    this.#measured = { text, done, total, unit };
    if (this.#bar !== undefined) this.#bar.update(done);
    else if (this.#spinner !== undefined) {
      this.#spinner.stop();
      this.#spinner = undefined;
      void this.#showBar();
    } else if (this.#isShown()) this.#timer ??= setTimeout(() => void this.#show(), DELAY).unref();
  }

  /** Ends the progress, because the work is done or prints something. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#spinner?.stop();
    this.#spinner = undefined;
    this.#bar?.stop();
    this.#bar = undefined;
    this.#measured = undefined;
  }

  #change(spinner: { text: string }, text: string): void {
    const now = Date.now();
    if (Math.abs(now - this.#textTime) < BETWEEN_TEXTS) return;
    this.#textTime = now;
    spinner.text = text;
  }

  async #show(): Promise<void> {
    if (this.#measured !== undefined) return await this.#showBar();
    // Few commands take so long that it is drawn.
    const { default: createSpinner } = await import('yocto-spinner');
    if (this.#timer !== undefined) this.#spinner = createSpinner({ text: this.#text }).start();
  }

  async #showBar(): Promise<void> {
    // Likewise.
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
