import { localTime } from '../../../src/cli/render/local-time.js';
import { Timestamp } from '../../../src/hlc/timestamp.js';
import type { Block } from './pages.js';
import type { PageShell } from './shell.js';

/** A line that a page shows as typed, with what it prints below it. */
export interface Step {
  readonly command: string;
  readonly output: readonly string[];
}

/** The lines of a transcript that were typed, each with its output. */
export function stepsOf(block: Block): Step[] {
  const steps: { command: string; output: string[] }[] = [];
  for (const line of block.lines) {
    const last = steps.at(-1);
    if (line.startsWith('$ ')) steps.push({ command: line.slice(2), output: [] });
    else if (last === undefined) throw new Error(`${block.page}:${block.line} begins with output.`);
    else last.output.push(line);
  }
  return steps;
}

/** Matches text that differs from run to run: ids and the like, which a page repeats, and measures, which it does not. */
const VARYING =
  /(?<name>\b[0-9a-f]{64}\b|\b[0-9a-f]{32}\b|\d{4}-\d\d-\d\dT[\d:.]+Z-[0-9A-F]{4}-[0-9A-F]{16}|\b[0-9A-F]{16}\b)|(?<measure>\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)?|\d{4}-\d\d-\d\d|\b[\d.]+[KM]?B\b|\b[\d.]+ ms\b)/g;

/** The names of a page (ids, timestamps, hashes, nodes), each with the one that took its place in this run. */
export class Names {
  readonly #ofPage = new Map<string, string>();
  readonly #ofRun = new Map<string, string>();
  /** The local times of the page by those of the run in whose place they are. */
  readonly #times = new Map<string, Set<string>>();

  /** A line of the page with the names of this run. */
  inRun(line: string): string {
    return line.replace(VARYING, (word) => this.#ofPage.get(word) ?? word);
  }

  /** A line of this run with the names of the page. */
  onPage(line: string): string {
    return line.replace(VARYING, (word) => this.#ofRun.get(word) ?? word);
  }

  /** True when a line of the page and one of this run say the same; a name that is new in both is remembered. */
  agree(expected: string, actual: string): boolean {
    if (shapeOf(expected) !== shapeOf(actual)) return false;
    const times = timesIn(actual);
    for (const [index, time] of timesIn(expected).entries()) this.#noteTime(time, times[index] ?? '');
    const [ours, theirs] = [namesIn(expected), namesIn(actual)];
    return ours.every((name, index) => this.#pair(name, theirs[index] ?? ''));
  }

  /** Timestamps whose local time is on the page as well, but another one than in the run. */
  misdated(): string[] {
    return [...this.#ofPage].flatMap(([ofPage, ofRun]) => {
      const shown = TIMESTAMP.test(ofRun) ? this.#times.get(localTimeOf(ofRun)) : undefined;
      return shown === undefined || shown.has(localTimeOf(ofPage)) ? [] : [`${ofPage} beside ${[...shown].join(', ')}`];
    });
  }

  #noteTime(ofPage: string, ofRun: string): void {
    const known = this.#times.get(ofRun);
    if (known === undefined) this.#times.set(ofRun, new Set([ofPage]));
    else known.add(ofPage);
  }

  #pair(ofPage: string, ofRun: string): boolean {
    if (!this.#ofPage.has(ofPage) && !this.#ofRun.has(ofRun)) {
      this.#ofPage.set(ofPage, ofRun);
      this.#ofRun.set(ofRun, ofPage);
    }
    return this.#ofPage.get(ofPage) === ofRun;
  }
}

/** A timestamp as it is printed. */
const TIMESTAMP = /^\d{4}-\d\d-\d\dT/;
/** A local time with its milliseconds, as tables show it. */
const LOCAL_TIME = /\b\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}\b/g;

function localTimeOf(timestamp: string): string {
  return localTime(Timestamp.parse(timestamp).time);
}

function timesIn(line: string): string[] {
  return line.match(LOCAL_TIME) ?? [];
}

function namesIn(line: string): string[] {
  return [...line.matchAll(VARYING)].flatMap(({ groups }) => groups?.['name'] ?? []);
}

/** A line without what varies. Where a measure varies in length, so do the blanks around it. */
function shapeOf(line: string): string {
  let hasMeasure = false;
  const shape = line.replace(VARYING, (word, name?: string) => {
    hasMeasure ||= name === undefined;
    return name === undefined ? '<measure>' : `<name of ${word.length}>`;
  });
  return hasMeasure ? shape.replace(/ {2,}/g, '  ') : shape;
}

/** The line that names the database of a command that writes, which a page may leave out. */
const TARGET = /^note: using .*, schema \S+$/;

/**
 * Types the lines of a transcript and compares what they print with what the page says. Gives the lines of the block as
 * they should be: those of the page where they agree, otherwise those of this run, with the names of the page.
 */
export async function replayTranscript(
  block: Block,
  shell: PageShell,
  { names, asOnPage }: { names: Names; asOnPage: (output: string) => string },
): Promise<string[]> {
  const proper: string[] = [];
  for (const { command, output: expected } of stepsOf(block)) {
    const { output } = await shell.type(names.inRun(command));
    const showsTarget = expected.some((line) => TARGET.test(line));
    const actual = asOnPage(output.replace(/\n$/, ''))
      .split('\n')
      .filter((line) => showsTarget || !TARGET.test(line));
    if (output === '') actual.length = 0;
    proper.push(`$ ${command}`);
    for (const [index, line] of actual.entries()) {
      const written = expected[index];
      proper.push(written !== undefined && names.agree(written, line) ? written : names.onPage(line));
    }
  }
  return proper;
}
