/** Milliseconds that a point is shown while it plays. */
const SHOWN = 700;

/** Goes from event to event by itself, until the last one. */
export class Player {
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isPlaying = false;

  /** `next` goes to the next event; false when there is none. */
  constructor(
    private readonly button: HTMLButtonElement | null,
    private readonly next: () => boolean,
  ) {
    if (button === null) return;
    button.hidden = false;
    button.addEventListener('click', () => this.toggle());
  }

  /** Plays, or stops. */
  toggle(): void {
    if (this.#isPlaying) return this.stop();
    this.#show(true);
    this.#go();
  }

  /** Stops. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#show(false);
  }

  /** Tells that the next event is shown. */
  arrived(): void {
    if (!this.#isPlaying) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#go(), SHOWN);
  }

  #go(): void {
    if (!this.next()) this.stop();
  }

  #show(isPlaying: boolean): void {
    this.#isPlaying = isPlaying;
    this.button?.setAttribute('aria-pressed', String(isPlaying));
    if (this.button !== null) this.button.textContent = isPlaying ? 'Stop' : 'Play';
  }
}
