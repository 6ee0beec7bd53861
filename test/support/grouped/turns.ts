/**
 * Takes the tests of several files in one process file by file, though AVA begins all of them at once: a test waits until the files
 * before its own are done. Tests of one file run side by side, as they do in a process of their own.
 */
export class FileTurns {
  /** Told whenever another file has its turn. */
  onTurn: (file: string) => void = () => {};
  #file: string | undefined;
  #inside = 0;
  readonly #waiting = new Map<string, (() => void)[]>();

  /** The file that is being loaded, or whose tests run; undefined in a process of one file. */
  get file(): string | undefined {
    return this.#file;
  }

  /** Says which file is loaded next. */
  load(file: string): void {
    this.#file = file;
    this.onTurn(file);
  }

  /** Waits for the turn of a file, and enters it. Whoever enters has to leave. */
  async enter(file: string): Promise<void> {
    if (this.#inside > 0 && file !== this.#file) {
      const waiting = this.#waiting.get(file);
      await new Promise<void>((resolve) => {
        if (waiting === undefined) this.#waiting.set(file, [resolve]);
        else waiting.push(resolve);
      });
      return;
    }
    if (file !== this.#file) this.load(file);
    this.#inside += 1;
  }

  leave(): void {
    this.#inside -= 1;
    if (this.#inside > 0) return;
    const [next] = this.#waiting;
    if (next === undefined) return;
    const [file, resolves] = next;
    this.#waiting.delete(file);
    this.load(file);
    this.#inside = resolves.length;
    for (const resolve of resolves) resolve();
  }
}

/** The turns of the files of this process. */
export const turns = new FileTurns();
