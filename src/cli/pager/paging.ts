import { stripVTControlCharacters } from 'node:util';
import type { CliContext, OutputStream, Pager } from '../context.js';
import { terminalColumns } from '../output/terminal.js';
import { textWidth } from '../../text/width.js';
import { pagerCommand } from './pager-command.js';

/** Milliseconds for which text that does not fill the screen is held back. */
const PATIENCE = 400;
/** The assumed rows of a terminal of unknown size. */
const USUAL_ROWS = 24;

/** A context whose long output is shown in a pager. */
export interface Paging {
  readonly context: CliContext;
  /** Prints the text that was held back, or waits until the user quits the pager. */
  end(): Promise<void>;
}

/**
 * Shows the output of a command in a pager if standard output is a terminal and the output is long. `quitCode` gives the
 * exit code for when the user quits the pager before the command has ended.
 */
export function withPaging(context: CliContext, quitCode: () => number): Paging {
  const command = context.stdout.isTerminal ? pagerCommand(context.environment) : undefined;
  if (command === undefined) return { context, end: async () => {} };
  const paged = new PagedText(context, command, quitCode);
  const stdout = overlaid(context.stdout, { page: (text) => paged.put(text), isPaged: () => paged.isShown });
  // Notes and warnings share the screen with the output, so they go into the pager, too.
  const stderr = overlaid(context.stderr, {
    write: (text) => (context.stderr.isTerminal && paged.isShown ? paged.put(text) : context.stderr.write(text)),
  });
  return { context: { ...context, stdout, stderr }, end: () => paged.end() };
}

function overlaid(stream: OutputStream, changes: Partial<OutputStream>): OutputStream {
  return {
    isTerminal: stream.isTerminal,
    get columns() {
      return stream.columns;
    },
    get rows() {
      return stream.rows;
    },
    write: (text) => stream.write(text),
    ...changes,
  };
}

/** Holds text back while it fits the screen, and sends it to a pager from then on. */
class PagedText {
  readonly #context: CliContext;
  readonly #command: string;
  readonly #quitCode: () => number;
  #held = '';
  #timer: NodeJS.Timeout | undefined;
  #pager: Pager | undefined;
  /** True when no pager is used, or none any more. */
  #isDirect = false;
  /** The last write; the next one waits for it. */
  #turn: Promise<void> = Promise.resolve();

  constructor(context: CliContext, command: string, quitCode: () => number) {
    this.#context = context;
    this.#command = command;
    this.#quitCode = quitCode;
  }

  /** True while text is held back or in the pager. */
  get isShown(): boolean {
    return this.#held !== '' || this.#pager !== undefined;
  }

  put(text: string): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#isDirect) return await this.#context.stdout.write(text);
      if (this.#pager !== undefined) return await this.#show(this.#pager, text);
      this.#held += text;
      if (!fitsScreen(this.#held, this.#context)) return await this.#open();
      this.#timer ??= setTimeout(() => void this.#inTurn(() => this.#open()), PATIENCE).unref();
    });
  }

  async end(): Promise<void> {
    await this.#inTurn(async () => {
      clearTimeout(this.#timer);
      const [held, pager] = [this.#held, this.#pager];
      this.#held = '';
      if (held !== '') await this.#context.stdout.write(held);
      if (pager === undefined) return;
      await pager.end();
      await this.#giveUp(pager);
    });
  }

  async #open(): Promise<void> {
    clearTimeout(this.#timer);
    if (this.#held === '' || this.#pager !== undefined || this.#isDirect) return;
    const pager = await this.#context.openPager(this.#command, this.#quitCode);
    const text = this.#held;
    this.#held = '';
    if (pager === undefined) {
      this.#isDirect = true;
      return await this.#context.stdout.write(text);
    }
    this.#pager = pager;
    await this.#show(pager, text);
  }

  async #show(pager: Pager, text: string): Promise<void> {
    await pager.write(text);
    if (pager.unread !== undefined) await this.#giveUp(pager);
  }

  /** Prints the text of a pager that could not be run. */
  async #giveUp({ unread }: Pager): Promise<void> {
    this.#pager = undefined;
    this.#isDirect = true;
    if (unread !== undefined) await this.#context.stdout.write(unread);
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => {});
    return done;
  }
}

/** True when a text fits the screen and leaves a line for the prompt of the shell. */
function fitsScreen(text: string, context: CliContext): boolean {
  const columns = context.stdout.columns ?? terminalColumns(context) ?? 0;
  const rows = (context.stdout.rows ?? USUAL_ROWS) - 1;
  const lines = stripVTControlCharacters(text).split('\n');
  const taken = lines.reduce((sum, line) => sum + Math.max(1, Math.ceil(textWidth(line) / columns)), -1);
  return taken <= rows;
}
