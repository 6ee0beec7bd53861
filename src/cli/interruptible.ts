import type { CliContext } from './context.js';
import type { ExitCode } from './exit-codes.js';

/** Work that ends in order at the first Ctrl-C, and at once at the second. */
export interface Interruptible {
  /** Aborted at Ctrl-C, and by {@link stop}. */
  readonly signal: AbortSignal;
  /** The exit code of a command that was interrupted; `undefined` as long as it was not. */
  readonly exitCode: ExitCode | undefined;
  /** Ends the work, because it is done. */
  stop(): void;
  /** From now on, Ctrl-C ends the process at once, as usual. */
  end(): void;
}

/** Has Ctrl-C abort a signal in the place of ending the process. */
export function untilInterrupted({ onInterrupt }: Pick<CliContext, 'onInterrupt'>): Interruptible {
  const controller = new AbortController();
  let exitCode: ExitCode | undefined;
  const end = onInterrupt?.((code) => {
    exitCode = code;
    controller.abort();
  });
  return {
    signal: controller.signal,
    get exitCode() {
      return exitCode;
    },
    stop: () => controller.abort(),
    end: () => end?.(),
  };
}
