import { spawn } from 'node:child_process';
import { Readable } from 'node:stream';
import { aContext } from '../../../scripts/support/program.js';
import { run } from '../../../src/cli/run.js';
import { outcomeOf, PROGRAM } from '../cli/program.js';

/** Output of a typed line, standard output and standard error together, and its exit code. */
export interface Typed {
  readonly output: string;
  readonly code: number;
}

/** The programs that a page calls, for a line that needs a real shell. */
const PROGRAMS = `
maestro() { "$NODE" "$PROGRAM" "$@"; }
npx() { case $1 in tsx) shift; "$NODE" --import "$TSX" "$@";; *) "$@";; esac; }
exec 2>&1
`;

/**
 * A shell in which the lines of a page are typed one after the other. A call of `maestro` runs in this process, at a
 * terminal of 120 columns; a line with a pipe, a redirection or another program runs in `sh`.
 */
export class PageShell {
  readonly #folder: string;
  readonly #environment: Readonly<Record<string, string>>;
  #code = 0;

  constructor(folder: string, environment: Readonly<Record<string, string>>) {
    this.#folder = folder;
    // A dumb terminal has no colours, no progress and no pager.
    this.#environment = { TERM: 'dumb', NO_COLOR: '1', ...environment };
  }

  /** Runs a line as it stands on the page, without its `$ `. */
  async type(line: string): Promise<Typed> {
    const words = wordsOf(line);
    const typed = await (words === undefined ? this.#inShell(line) : this.#inProcess(words));
    this.#code = typed.code;
    return typed;
  }

  async #inProcess(argv: readonly string[]): Promise<Typed> {
    let output = '';
    const terminal = {
      isTerminal: true,
      columns: 120,
      write: async (text: string) => {
        output += text;
      },
    };
    const context = aContext({
      workingDirectory: this.#folder,
      environment: this.#environment,
      stdin: Object.assign(Readable.from([]), { isTerminal: true }),
      stdout: terminal,
      stderr: terminal,
    });
    return { code: await run(argv, context), output };
  }

  async #inShell(line: string): Promise<Typed> {
    const script = `${PROGRAMS}(exit ${this.#code}); ${line}`;
    const { PATH = '', HOME = '', TZ = '' } = process.env;
    const child = spawn('sh', ['-c', script], {
      cwd: this.#folder,
      env: {
        ...{ PATH, HOME, TZ, NODE: process.execPath, PROGRAM, TSX: import.meta.resolve('tsx') },
        ...this.#environment,
      },
    });
    const { code, stdout } = await outcomeOf(child);
    return { code, output: stdout };
  }
}

/** The words after `maestro` of a line that calls it and nothing else; undefined for a line that needs a real shell. */
function wordsOf(line: string): string[] | undefined {
  const [, rest] = /^(?:npx )?maestro (.*)$/.exec(line) ?? [];
  if (rest === undefined) return undefined;
  const words = [...rest.matchAll(/(?:'[^']*'|"[^"$`\\]*"|[^\s'"|&;<>$`\\*()])+/g)].map(([word]) => word);
  if (words.join(' ') !== rest) return undefined;
  return words.map((word) =>
    word.replace(/'([^']*)'|"([^"]*)"/g, (_, single?: string, double?: string) => single ?? double ?? ''),
  );
}
