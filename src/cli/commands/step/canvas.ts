import ansi from 'ansi-escapes';

/** Whether text that is too long for a line goes on in the next one. */
const WRAP_OFF = '\u001b[?7l';
const WRAP_ON = '\u001b[?7h';

/** The screen of a terminal while it is ours: another one than what was on it, which is there again afterwards. */
export class Canvas {
  readonly #write: (text: string) => void;
  #isOurs = false;

  constructor(write: (text: string) => void) {
    this.#write = write;
  }

  /** Takes the screen over. */
  enter(): void {
    this.#isOurs = true;
    this.#write(ansi.enterAlternativeScreen + ansi.cursorHide + WRAP_OFF + ansi.clearViewport);
  }

  /** Makes the screen empty, after a resize say. */
  clear(): void {
    this.#write(ansi.clearViewport);
  }

  /** Puts lines in place of those that were there: from the first on, at once. Nothing of what is too long shows. */
  draw(lines: readonly string[]): void {
    // Erased first: behind the last column a terminal may take the character in it for what is to be erased.
    const rows = lines.map((line, row) => ansi.cursorTo(0, row) + ansi.eraseLine + line);
    this.#write(ansi.synchronizedOutput(rows.join('')));
  }

  /** Gives the screen back as it was. Safe to call twice. */
  leave(): void {
    if (!this.#isOurs) return;
    this.#isOurs = false;
    this.#write(WRAP_ON + ansi.cursorShow + ansi.exitAlternativeScreen);
  }
}
