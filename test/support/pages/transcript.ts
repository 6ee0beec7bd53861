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

/** What differs from run to run, by kind: ids and the like, which a page repeats, and measures, which it does not. */
const VARYING =
  /(?<name>\b[0-9a-f]{64}\b|\b[0-9a-f]{32}\b|\d{4}-\d\d-\d\dT[\d:.]+Z-[0-9A-F]{4}-[0-9A-F]{16}|\b[0-9A-F]{16}\b)|(?<measure>\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)?|\d{4}-\d\d-\d\d|\b[\d.]+[KM]?B\b|\b[\d.]+ ms\b)/g;

/** The names of a page (ids, timestamps, hashes, nodes), each with the one that took its place in this run. */
export class Names {
  readonly #ofPage = new Map<string, string>();
  readonly #ofRun = new Map<string, string>();

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
    const [ours, theirs] = [namesIn(expected), namesIn(actual)];
    return ours.every((name, index) => this.#pair(name, theirs[index] ?? ''));
  }

  #pair(ofPage: string, ofRun: string): boolean {
    if (!this.#ofPage.has(ofPage) && !this.#ofRun.has(ofRun)) {
      this.#ofPage.set(ofPage, ofRun);
      this.#ofRun.set(ofRun, ofPage);
    }
    return this.#ofPage.get(ofPage) === ofRun;
  }
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
