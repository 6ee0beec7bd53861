/** A value of a row, or of a variable of a process. */
export type Value = string | number | readonly Value[];

/** Rows by key, such as `position 1 A`. */
export type Rows = Readonly<Record<string, Value>>;

/** One process: where it is in its program, what it remembers, and its transaction. */
export interface ProcessState {
  /** The step that comes next. */
  readonly at: string;
  readonly my: Readonly<Record<string, Value>>;
  /** Rows as its transaction has left them; null for deleted ones. */
  readonly writes: Readonly<Record<string, Value | null>>;
  /** Locks of its transaction: keys of rows, and tables with a mode. */
  readonly held: readonly string[];
  /** Snapshot of the statement that has begun and is not done. */
  readonly saw: Rows | null;
}

/** Everything at one instant: what is committed, and the processes. */
export interface State {
  readonly rows: Rows;
  readonly processes: readonly ProcessState[];
  /** Number of processes that may still be killed. */
  readonly kills: number;
}

const texts = new WeakMap<object, string>();

function textOf(record: Readonly<Record<string, Value | null>>): string {
  let text = texts.get(record);
  if (text === undefined) {
    text = '';
    for (const key of Object.keys(record).sort()) text += `${key}=${JSON.stringify(record[key])};`;
    texts.set(record, text);
  }
  return text;
}

const processTexts = new WeakMap<ProcessState, string>();

function processText(process: ProcessState): string {
  let text = processTexts.get(process);
  if (text === undefined) {
    const { at, my, writes, held, saw } = process;
    text = `${at}|${textOf(my)}|${textOf(writes)}|${held.toSorted().join()}|${saw === null ? '' : textOf(saw)}`;
    processTexts.set(process, text);
  }
  return text;
}

/** The state as a text, equal for equal states. */
export function encode({ rows, processes, kills }: State): string {
  return `${kills}\n${textOf(rows)}\n${processes.map(processText).join('\n')}`;
}
