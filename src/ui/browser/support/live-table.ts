import { SWAPPED } from './swap-part.js';

/** Rows that a page keeps; older ones leave it. */
const MOST_ROWS = 200;

/** Number of rows that wait while the table is held. */
export interface Waiting {
  readonly rows: number;
  /** True when more may have come than are known, because the stream was lost for a time. */
  readonly orMore: boolean;
}

/** The table of the latest events, to which new rows come first. While it is held, they wait. */
export class LiveTable {
  readonly #body: HTMLTableSectionElement;
  readonly #onWaiting: (waiting: Waiting) => void;
  /** Rows with which the table begins anew when it is let go, because the stream did while it was held. */
  #anew: readonly Element[] | undefined;
  #rows: Element[] = [];
  #waiting: Waiting = { rows: 0, orMore: false };
  #isHeld = false;

  constructor(body: HTMLTableSectionElement, onWaiting: (waiting: Waiting) => void) {
    this.#body = body;
    this.#onWaiting = onWaiting;
  }

  /** Takes the last rows of a stream that begins. */
  begin(rows: readonly Element[]): void {
    const known = new Set([...this.#body.rows, ...(this.#anew ?? []), ...this.#rows].map(placeOf));
    this.#rows = [];
    this.#anew = rows;
    if (!this.#isHeld) {
      this.#show();
      return;
    }
    const fresh = rows.filter((row) => !known.has(placeOf(row))).length;
    this.#wait({
      rows: this.#waiting.rows + fresh,
      orMore: this.#waiting.orMore || (fresh > 0 && fresh === rows.length),
    });
  }

  /** Takes new rows. */
  add(rows: readonly Element[]): void {
    const isFirst = this.#rows.length === 0;
    this.#rows = [...this.#rows, ...rows].slice(-MOST_ROWS);
    if (this.#isHeld) this.#wait({ ...this.#waiting, rows: this.#waiting.rows + rows.length });
    // In a tab behind others the browser draws nothing for long.
    else if (isFirst)
      requestAnimationFrame(() => {
        if (!this.#isHeld) this.#show();
      });
  }

  /** Keeps the table as it is. */
  hold(): void {
    if (!this.#isHeld) this.#show();
    this.#isHeld = true;
  }

  /** Shows what has waited. */
  release(): void {
    this.#isHeld = false;
    this.#show();
    this.#wait({ rows: 0, orMore: false });
  }

  #wait(waiting: Waiting): void {
    this.#waiting = waiting;
    this.#onWaiting(waiting);
  }

  #show(): void {
    if (this.#anew !== undefined) this.#body.replaceChildren(...this.#anew);
    this.#body.prepend(...this.#rows.toReversed());
    this.#anew = undefined;
    this.#rows = [];
    while (this.#body.rows.length > MOST_ROWS) this.#body.rows[this.#body.rows.length - 1]?.remove();
    const empty = document.getElementById('live-empty');
    if (empty !== null) empty.hidden = this.#body.rows.length > 0;
    this.#body.dispatchEvent(new CustomEvent(SWAPPED, { bubbles: true }));
  }
}

/** The place of a row's event in the log: the addresses as they are written, because in a template none is resolved. */
function placeOf(row: Element): string {
  return [...row.querySelectorAll('a')].map((link) => link.getAttribute('href')).join(' ');
}
