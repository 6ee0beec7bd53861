import type { CliContext } from '../context.js';

/** A context, and whether the command has printed anything of its result. */
export interface WatchedContext {
  readonly context: CliContext;
  hasPrinted(): boolean;
}

/** Watches standard output, so that an error can say that the output before it is incomplete. */
export function watchOutput(context: CliContext): WatchedContext {
  const { stdout } = context;
  let hasPrinted = false;
  const watch = (write: (text: string) => Promise<void>) => (text: string) => {
    hasPrinted ||= text !== '';
    return write(text);
  };
  const watched: CliContext['stdout'] = {
    isTerminal: stdout.isTerminal,
    get columns() {
      return stdout.columns;
    },
    get rows() {
      return stdout.rows;
    },
    write: watch((text) => stdout.write(text)),
    ...(stdout.page && { page: watch(stdout.page) }),
    ...(stdout.isPaged && { isPaged: stdout.isPaged }),
  };
  return { context: { ...context, stdout: watched }, hasPrinted: () => hasPrinted };
}
