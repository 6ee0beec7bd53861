import type { CliContext } from '../../../src/cli/context.js';
import { run } from '../../../src/cli/run.js';
import { aContext } from '../../../scripts/support/program.js';

/** A running `maestro ui`. */
export interface ServingUi {
  /** The address that it has printed, or what it has said when it ended without one. */
  readonly url: string;
  /** All that it has said on standard error. */
  notes(): string;
  /** Ends it as Ctrl-C does, and resolves to its exit code. */
  end(): Promise<number>;
}

/** Starts `maestro ui` on a free port with an environment, in a terminal or elsewhere. */
export async function serving(
  environment: Readonly<Record<string, string>>,
  argv: readonly string[] = [],
  changes: Partial<CliContext> = {},
  isTerminal = false,
): Promise<ServingUi> {
  let printed = (_line: string): void => {};
  const line = new Promise<string>((resolve) => (printed = resolve));
  let interrupt = (): void => {};
  let notes = '';
  const context = aContext({
    environment,
    stdout: { isTerminal, columns: isTerminal ? 200 : undefined, write: async (text) => printed(text.trim()) },
    stderr: { isTerminal: false, columns: undefined, write: async (text) => void (notes += text) },
    onInterrupt: (stop) => {
      interrupt = () => stop(130);
      return () => {};
    },
    ...changes,
  });
  const ended = run(['ui', '--port', '0', ...argv], context);
  const url = await Promise.race([line, ended.then((code) => `it ended with ${code}: ${notes}`)]);
  return {
    url,
    notes: () => notes,
    end: async () => {
      interrupt();
      return await ended;
    },
  };
}

/** Follows an address that was printed as a browser does, to a page, which is left with the signal. */
export async function visitServed(url: string, path = '/', signal?: AbortSignal): Promise<Response> {
  const first = await fetch(url, { redirect: 'manual' });
  const cookie = first.headers.get('set-cookie')?.split(';')[0] ?? '';
  return await fetch(new URL(path, url), { headers: { cookie }, signal: signal ?? null });
}
