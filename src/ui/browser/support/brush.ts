import { shownText } from './times.js';

/** Pixels that a pointer moves before it draws, and does not click. */
const SLACK = 4;

const HELP = 'Draw over the bars to choose a time; with keys: arrows, Shift to widen, Enter.';

/** Has every histogram of the page take a time: drawn with the pointer, or chosen with the arrow keys and Enter. */
export function enableBrush(): void {
  for (const figure of document.querySelectorAll<HTMLElement>('figure.histogram:not([data-brushed])')) {
    figure.dataset['brushed'] = '';
    new Brush(figure);
  }
}

/** The bars of a histogram that are chosen, from one to another. */
class Brush {
  readonly #begin: number;
  readonly #interval: number;
  readonly #count: number;
  readonly #area: HTMLElement | null;
  readonly #svg: SVGSVGElement | null;
  readonly #output = document.createElement('output');
  #anchor: number | undefined;
  #focus = 0;

  constructor(figure: HTMLElement) {
    const { begin, interval, count } = figure.dataset;
    this.#begin = Number(begin);
    this.#interval = Number(interval);
    this.#count = Number(count);
    this.#area = figure.querySelector('.brush');
    this.#svg = figure.querySelector('svg');
    if (this.#area === null || this.#svg === null) return;
    this.#output.className = 'hint';
    this.#output.textContent = HELP;
    figure.append(this.#output);
    this.#area.tabIndex = 0;
    this.#area.addEventListener('keydown', (event) => this.#onKey(event));
    this.#draw(this.#area, this.#svg);
  }

  /** Follows the pointer while it is down. */
  #draw(area: HTMLElement, svg: SVGSVGElement): void {
    let from: number | undefined;
    let isDrawing = false;
    svg.addEventListener('dragstart', (event) => event.preventDefault());
    svg.addEventListener('pointerdown', (event) => {
      if (event.button !== 0 || event.pointerType === 'touch') return;
      from = event.clientX;
      isDrawing = false;
    });
    svg.addEventListener('pointermove', (event) => {
      if (from === undefined) return;
      if (!isDrawing && Math.abs(event.clientX - from) > SLACK) {
        isDrawing = true;
        svg.setPointerCapture(event.pointerId);
        this.#anchor = this.#barAt(from, svg);
      }
      if (isDrawing) this.#show(this.#barAt(event.clientX, svg));
    });
    svg.addEventListener('pointerup', () => {
      from = undefined;
      if (isDrawing) this.#search();
    });
    svg.addEventListener('pointercancel', () => {
      from = undefined;
      if (isDrawing) this.#clear();
      isDrawing = false;
    });
    // The bar at which the pointer was let go is not followed.
    area.addEventListener('click', (event) => isDrawing && event.preventDefault(), true);
  }

  #onKey(event: KeyboardEvent): void {
    const moves: Record<string, number> = {
      ArrowLeft: -1,
      ArrowRight: 1,
      PageUp: -10,
      PageDown: 10,
      Home: -Infinity,
      End: Infinity,
    };
    const move = moves[event.key];
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === 'Enter' && this.#anchor !== undefined && event.target === this.#area) this.#search();
    else if (event.key === 'Escape') this.#clear();
    else if (move === undefined) return;
    else {
      const isFirst = this.#anchor === undefined;
      const next = isFirst && Number.isFinite(move) ? this.#focus : this.#focus + move;
      const bar = Math.max(0, Math.min(this.#count - 1, next));
      if (!event.shiftKey || isFirst) this.#anchor = bar;
      this.#show(bar);
    }
    event.preventDefault();
  }

  #barAt(clientX: number, svg: SVGSVGElement): number {
    const { left, width } = svg.getBoundingClientRect();
    return Math.max(0, Math.min(this.#count - 1, Math.floor(((clientX - left) / width) * this.#count)));
  }

  get #bars(): readonly [first: number, last: number] {
    const anchor = this.#anchor ?? this.#focus;
    return [Math.min(anchor, this.#focus), Math.max(anchor, this.#focus)];
  }

  #show(bar: number): void {
    this.#focus = bar;
    const [first, last] = this.#bars;
    const step = (this.#svg?.viewBox.baseVal.width ?? 0) / this.#count;
    this.#mark(first * step, (last - first + 1) * step);
    const [since, until] = this.#times();
    const times = `${shownText(new Date(since))} to ${shownText(new Date(until))}`;
    this.#output.textContent = `${times}${this.#eventsText(first, last)}`;
  }

  /** The number of events of some bars; nothing where bars have none, as in lanes. */
  #eventsText(first: number, last: number): string {
    const bars = [...(this.#svg?.querySelectorAll<SVGElement>('[data-events]') ?? [])];
    if (bars.length !== this.#count) return '';
    const events = bars.slice(first, last + 1).reduce((sum, bar) => sum + Number(bar.dataset['events']), 0);
    return `: ${events.toLocaleString('en')} ${events === 1 ? 'event' : 'events'}`;
  }

  #clear(): void {
    this.#anchor = undefined;
    this.#mark(0, 0);
    this.#output.textContent = HELP;
  }

  #mark(x: number, width: number): void {
    const chosen = this.#svg?.querySelector('.chosen');
    chosen?.setAttribute('x', String(x));
    chosen?.setAttribute('width', String(width));
  }

  #times(): readonly [since: number, until: number] {
    const [first, last] = this.#bars;
    return [this.#begin + first * this.#interval, this.#begin + (last + 1) * this.#interval - 1];
  }

  #search(): void {
    const [since, until] = this.#times();
    const url = new URL(location.href);
    url.searchParams.set('since', new Date(since).toISOString());
    url.searchParams.set('until', new Date(until).toISOString());
    url.searchParams.delete('after');
    location.assign(url);
  }
}
