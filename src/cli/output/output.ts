import { membersText, objectText } from '../../json/text/object-text.js';
import type { CliContext } from '../context.js';
import type { GlobalOptions, OutputFormat } from '../input/global-options.js';
import { addDatabaseFlags } from './add-database-flags.js';
import { escapeJson, escapeText } from '../../text/escape.js';
import { createStyle, type Style } from '../render/style.js';
import { wrapWords } from '../render/words.js';
import type { Form, Forms } from './form.js';
import type { Items } from './iterate.js';
import { Progress } from './progress.js';
import { type Remark, Remarks } from './remarks.js';
import { cannotRedraw, noColour, terminalColumns } from './terminal.js';

/** Approximate number of characters that are collected before they are written. */
const CHUNK = 64 * 1024;

/** The output of a command: its result on standard output, notes and warnings on standard error. */
export class Output {
  /** The form in which the result is printed: ids alone, a table, JSON or NDJSON. */
  readonly form: Form;
  /** The width of the terminal; absent for other outputs, where everything is printed in full. */
  readonly columns: number | undefined;
  readonly style: Style;
  /** The progress shown until something is printed. */
  readonly progress: Progress;
  readonly #context: CliContext;
  readonly #format: OutputFormat;
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
    this.#format = options.output;
    this.form = options.quiet === true ? 'ids' : options.output;
    this.columns = terminalColumns(context);
    this.style = createStyle(
      options.color === 'always' || (options.color === 'auto' && stdout.isTerminal && !noColour(environment)),
    );
  }

  /** Stops using a pager: quitting one would end a command that writes, and `--follow` has no end. */
  withoutPager(): void {
    this.#usesPager = false;
  }

  /** Gives a result in the requested form: the one place that decides between table, JSON and ids. */
  async inForm<Value>({ ids, table, json, ndjson = json }: Forms<Value>): Promise<Value> {
    if (this.form === 'ids' && ids !== undefined) return await ids();
    return await { table, json, ndjson }[this.#format]();
  }

  /** Prints a line as it is: the caller has escaped stored text. */
  async line(text: string): Promise<void> {
    await this.#write(`${text}\n`);
  }

  /** Prints a JSON document; for a terminal, characters that control it are escaped. */
  async json(members: object): Promise<void> {
    await this.line(this.safeJson(objectText(members)));
  }

  /** Prints JSON items as they come: as one array (`json`), or one per line (`ndjson`). */
  async jsonItems(items: Items<string>): Promise<void> {
    if (this.#format === 'ndjson') return await this.lines(items, (item) => this.safeJson(item));
    await this.#jsonList(items, '', () => '');
  }

  /** Prints a JSON object that begins with a list, whose items are printed as they come; `rest` is asked for what follows. */
  async jsonObject(key: string, items: Items<string>, rest: () => object): Promise<void> {
    await this.#jsonList(items, `{${JSON.stringify(key)}:\n`, () => `\n,${membersText(rest())}}`);
  }

  /** Nothing is begun before the first item or the end is there: what fails before leaves standard output empty. */
  async #jsonList(items: Items<string>, before: string, after: () => string): Promise<void> {
    const start = `${before}[\n`;
    let separator = start;
    await this.lines(
      items,
      (item) => {
        const line = separator + this.safeJson(item);
        separator = ',\n';
        return line;
      },
      '',
    );
    await this.line((separator === start ? `${before}[]` : '\n]') + after());
  }

  /** JSON text as it is printed: as it is, except that a terminal gets what it would act on as escapes. */
  safeJson(text: string): string {
    return this.columns === undefined ? text : escapeJson(text);
  }

  /** Prints a line per item, gathering them, and waiting whenever the reader is slower. */
  async lines<Item>(items: Items<Item>, render: (item: Item) => string, end = '\n'): Promise<void> {
    let text = '';
    for await (const item of items) {
      text += render(item) + end;
      if (text.length < CHUNK) continue;
      await this.#write(text);
      text = '';
    }
    if (text !== '') await this.#write(text);
  }

  /** Prints a warning to standard error; with `-o json|ndjson`, when the command has ended. */
  async warn(text: string): Promise<void> {
    await this.#remark('warning', text);
  }

  /** Prints a note in the same way, unless `--quiet` is given. */
  async note(text: string): Promise<void> {
    if (this.form === 'ids') this.progress.stop();
    else await this.#remark('note', text);
  }

  async #remark(kind: Remark['kind'], text: string): Promise<void> {
    this.progress.stop();
    await this.#remarks.say({ kind, text: addDatabaseFlags(text, this.#flags) });
  }

  /** Prints a sentence, wrapped to the width of the terminal. */
  async sentence(text: string, paint: (line: string) => string = String): Promise<void> {
    const escaped = escapeText(text);
    const lines = this.columns === undefined ? [escaped] : wrapWords(escaped, this.columns);
    await this.line(lines.map((line) => paint(line)).join('\n'));
  }

  async #write(text: string): Promise<void> {
    this.progress.stop();
    const { stdout } = this.#context;
    await (this.#usesPager && stdout.page !== undefined ? stdout.page(text) : stdout.write(text));
  }
}
