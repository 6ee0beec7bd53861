/** A pause that can be cut short. */
export class Alarm {
  #end: (() => void) | undefined;

  /** Resolves after so many milliseconds, or when it is woken. */
  async sleep(milliseconds: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const end = () => {
        clearTimeout(timer);
        this.#end = undefined;
        resolve();
      };
      const timer = setTimeout(end, milliseconds);
      this.#end = end;
    });
  }

  /** Ends the pause that is under way, if any. */
  wake(): void {
    this.#end?.();
  }
}
