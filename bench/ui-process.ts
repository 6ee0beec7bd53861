import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { MAESTRO } from './built-command.js';

/** An answer of the pages. */
export interface Answer {
  readonly status: number;
  readonly text: string;
}

/** A running `maestro ui`. */
export interface UiProcess {
  /** Asks for a page, and reads it to its end; redirects are answers. Throws for an answer from 500 on. */
  get(path: string, signal?: AbortSignal): Promise<Answer>;
  /** Resident memory in MB as Linux counts it: now, and the largest until now. */
  memory(): { readonly now: number; readonly peak: number };
  /** Ends it. Throws when it had not been alive. */
  close(): Promise<void>;
}

/** Starts the built `maestro ui` on a free port. */
export async function startUi(words: readonly string[]): Promise<UiProcess> {
  const argv = [MAESTRO, 'ui', '--no-open', '--port', '0', '--quiet', ...words];
  const child = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'inherit'] });
  const closed = once(child, 'close') as Promise<[number | null]>;
  const url = await Promise.race([firstLine(child.stdout), closed.then(([code]) => `ended with ${code}`)]);
  if (!url.startsWith('http')) throw new Error(`maestro ui ${url}`);
  const { origin } = new URL(url);
  const admitted = await fetch(url, { redirect: 'manual' });
  await admitted.text();
  const cookie = admitted.headers.get('set-cookie')?.split(';')[0] ?? '';
  return {
    get: async (path, signal) => {
      const response = await fetch(origin + path, {
        headers: { cookie },
        redirect: 'manual',
        ...(signal !== undefined && { signal }),
      });
      const text = await response.text();
      if (response.status >= 500) throw new Error(`${path}: ${response.status}\n${text}`);
      return { status: response.status, text };
    },
    memory: () => {
      const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
      const of = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) / 1024;
      return { now: of('VmRSS'), peak: of('VmHWM') };
    },
    close: async () => {
      if (child.exitCode !== null) throw new Error(`maestro ui had ended with ${child.exitCode}`);
      child.kill('SIGTERM');
      await closed;
    },
  };
}

async function firstLine(stream: NodeJS.ReadableStream): Promise<string> {
  for await (const line of createInterface({ input: stream })) return line;
  return 'printed nothing';
}
