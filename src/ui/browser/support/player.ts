/** Milliseconds that a point is shown while it plays. */
const SHOWN = 700;

/** Moves of a player; each is false when there is nowhere to go. */
export interface Moves {
  /** Goes to the next event. */
  readonly next: () => boolean;
  /** Goes to the beginning. */
  readonly first: () => boolean;
  /** Told when it has come to rest. */
  readonly stopped: () => void;
}

/** Goes from event to event by itself, until the last one. */
export class Player {
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isPlaying = false;

  constructor(
    private readonly button: HTMLButtonElement | null,
    private readonly moves: Moves,
  ) {
    if (button === null) return;
    button.hidden = false;
    button.addEventListener('click', () => this.toggle());
  }

  /** Plays, from the beginning when it is at the end; or stops. */
  toggle(): void {
    if (this.#isPlaying) return this.stop();
    this.#show(true);
    if (!this.moves.next() && !this.moves.first()) this.stop();
  }

  /** Stops, if it plays. */
  stop(): void {
    clearTimeout(this.#timer);
    if (!this.#isPlaying) return;
    this.#show(false);
    this.moves.stopped();
  }

  /** True while it goes on by itself. */
  get isPlaying(): boolean {
    return this.#isPlaying;
  }

  /** Tells that the next event is shown. */
  arrived(): void {
    if (!this.#isPlaying) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#go(), SHOWN);
  }

  #go(): void {
    if (!this.moves.next()) this.stop();
  }

  #show(isPlaying: boolean): void {
    this.#isPlaying = isPlaying;
    this.button?.setAttribute('aria-pressed', String(isPlaying));
    if (this.button !== null) this.button.textContent = isPlaying ? 'Stop' : 'Play';
  }
}
