import type { CliContext } from '../context.js';
import type { GlobalOptions, OutputFormat } from '../global-options.js';
import { withOwnFlags } from '../own-flags.js';
import { Progress } from './progress.js';
import { type Remark, Remarks } from './remarks.js';
import { escapeJson, escapeText } from '../render/escape.js';
import { createStyle, type Style } from '../render/style.js';

/** Lines are gathered up to about this many characters before they are written. */
const CHUNK = 64 * 1024;

/** What a command prints its results with. */
export class Output {
  readonly format: OutputFormat;
  /** Print only ids. */
  readonly quiet: boolean;
  /** The width to lay out for; absent when the output is no terminal, and everything is printed in full. */
  readonly columns: number | undefined;
  readonly style: Style;
  /** What is shown while there is nothing to print yet. */
  readonly progress: Progress;
  readonly #context: CliContext;
  readonly #flags: Partial<GlobalOptions>;
  readonly #remarks: Remarks;
  #usesPager: boolean;

  constructor(
    context: CliContext,
    options: Pick<GlobalOptions, 'output' | 'color' | 'quiet'> & Partial<GlobalOptions>,
  ) {
    const { stdout, environment } = context;
    this.#context = context;
    this.#flags = options;
    this.#remarks = context.remarks ?? new Remarks(context, false);
    this.#usesPager = options.input !== false && options.pager !== false;
    const isShown = context.stderr.isTerminal && !cannotRedraw(environment);
    this.progress = new Progress(() => isShown && stdout.isPaged?.() !== true);
    this.format = options.output;
    this.quiet = options.quiet ?? false;
    this.columns = terminalColumns(context);
    this.style = createStyle(
      options.color === 'always' || (options.color === 'auto' && stdout.isTerminal && !noColour(environment)),
    );
  }

  /** Prints at once from now on: what writes must not stop when somebody leaves a pager, and what follows has no end. */
  withoutPager(): void {
    this.#usesPager = false;
  }

  /** Prints a line of a table, whose cells have been escaped, or an id. */
  async line(text: string): Promise<void> {
    await this.#write(`${text}\n`);
  }

  /** Prints a JSON document: as it is, except that a terminal gets what it would act on as escapes. */
  async json(text: string): Promise<void> {
    await this.line(this.columns === undefined ? text : escapeJson(text));
  }

  /** Prints JSON items as one document (`json`), or one per line (`ndjson`), as they come. */
  async jsonItems(items: AsyncIterable<string>): Promise<void> {
    if (this.format === 'ndjson') return await this.lines(items, (item) => this.#safe(item));
    await this.#jsonList(items, '', () => '');
  }

  /** Prints a JSON object that begins with a list, whose items are printed as they come; `rest` is asked for what follows. */
  async jsonObject(key: string, items: AsyncIterable<string>, rest: () => object): Promise<void> {
    await this.#jsonList(items, `{${JSON.stringify(key)}:\n`, () => `\n,${JSON.stringify(rest()).slice(1)}`);
  }

  /** Nothing is begun before the first item or the end is there: what fails before leaves standard output empty. */
  async #jsonList(items: AsyncIterable<string>, before: string, after: () => string): Promise<void> {
    const start = `${before}[\n`;
    let separator = start;
    await this.lines(
      items,
      (item) => {
        const line = separator + this.#safe(item);
        separator = ',\n';
        return line;
      },
      '',
    );
    await this.line((separator === start ? `${before}[]` : '\n]') + after());
  }

  /** Prints a line per item, gathering them, and waiting whenever the reader is slower. */
  async lines<Item>(items: AsyncIterable<Item>, render: (item: Item) => string, end = '\n'): Promise<void> {
    let text = '';
    for await (const item of items) {
      text += render(item) + end;
      if (text.length < CHUNK) continue;
      await this.#write(text);
      text = '';
    }
    if (text !== '') await this.#write(text);
  }

  /** Warns of something dubious, on standard error; for programs when the command has ended. */
  async warn(text: string): Promise<void> {
    await this.#remark('warning', text);
  }

  /** Says something beside the result, likewise; nothing with `--quiet`. */
  async note(text: string): Promise<void> {
    if (this.quiet) this.progress.stop();
    else await this.#remark('note', text);
  }

  async #remark(kind: Remark['kind'], text: string): Promise<void> {
    this.progress.stop();
    await this.#remarks.say({ kind, text: withOwnFlags(text, this.#flags) });
  }

  /** Prints a sentence, which goes on in the next line when it is wider than the terminal. */
  async sentence(text: string, paint: (line: string) => string = String): Promise<void> {
    const { wrapWords } = await import('../render/words.js');
    const escaped = escapeText(text);
    const lines = this.columns === undefined ? [escaped] : wrapWords(escaped, this.columns);
    await this.line(lines.map((line) => paint(line)).join('\n'));
  }

  async #write(text: string): Promise<void> {
    this.progress.stop();
    const { stdout } = this.#context;
    await (this.#usesPager && stdout.page !== undefined ? stdout.page(text) : stdout.write(text));
  }

  #safe(json: string): string {
    return this.columns === undefined ? json : escapeJson(json);
  }
}

/** A terminal that does not tell its width, and to which the environment does not either, is taken to be as wide as most. */
const USUAL_COLUMNS = 80;
/** The least that tables are laid out for: the time of an event, indented. In a narrower terminal lines go on in the next. */
export const LEAST_COLUMNS = 27;

/** The columns to lay out for; nothing when the output is no terminal. */
export function terminalColumns({
  stdout,
  environment,
}: Pick<CliContext, 'stdout' | 'environment'>): number | undefined {
  if (!stdout.isTerminal) return undefined;
  const told = /^[1-9]\d{0,5}$/.test(environment['COLUMNS'] ?? '') ? Number(environment['COLUMNS']) : USUAL_COLUMNS;
  return Math.max(stdout.columns || told, LEAST_COLUMNS);
}

function noColour(environment: CliContext['environment']): boolean {
  return (environment['NO_COLOR'] ?? '') !== '' || environment['TERM'] === 'dumb';
}

/** A terminal that is none that a line can be drawn anew in, or that nobody sits at. */
function cannotRedraw(environment: CliContext['environment']): boolean {
  return environment['TERM'] === 'dumb' || environment['CI'] !== undefined;
}
