import ansi from 'ansi-escapes';

/** Escape sequences that turn off and on that long text continues in the next line. */
const WRAP_OFF = '\u001b[?7l';
const WRAP_ON = '\u001b[?7h';

/** The alternate screen of a terminal, which leaves the normal screen unchanged. */
export class Canvas {
  readonly #write: (text: string) => void;
  #isOurs = false;

  constructor(write: (text: string) => void) {
    this.#write = write;
  }

  /** Switches to the alternate screen. */
  enter(): void {
    this.#isOurs = true;
    this.#write(ansi.enterAlternativeScreen + ansi.cursorHide + WRAP_OFF + ansi.clearViewport);
  }

  /** Clears the screen, such as after a resize. */
  clear(): void {
    this.#write(ansi.clearViewport);
  }

  /** Draws lines from the top, in one update. Text beyond the width is not shown. */
  draw(lines: readonly string[]): void {
    // Erased first: when the cursor is behind the last column, a terminal may erase the character in it.
    const rows = lines.map((line, row) => ansi.cursorTo(0, row) + ansi.eraseLine + line);
    this.#write(ansi.synchronizedOutput(rows.join('')));
  }

  /** Switches back to the normal screen. May be called twice. */
  leave(): void {
    if (!this.#isOurs) return;
    this.#isOurs = false;
    this.#write(WRAP_ON + ansi.cursorShow + ansi.exitAlternativeScreen);
  }
}
