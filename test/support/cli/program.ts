import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Knex } from 'knex';
import type { CliResult } from './cli.js';

/** The built program, as a user runs it. */
export const PROGRAM = fileURLToPath(new URL('../../../dist/bin/maestro.js', import.meta.url));

/** Options for starting the built program. */
export interface ProgramOptions {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Flags of Node, such as a limit of memory. */
  readonly nodeFlags?: readonly string[];
  /** The file to run. @defaultValue the built program */
  readonly program?: string;
  /** Shell command that prepares the process, such as `ulimit`, and ends with `"$@"`. */
  readonly shell?: string;
}

/** Starts the built program. */
export function startProgram(
  argv: readonly string[],
  { cwd, env, nodeFlags = [], program = PROGRAM, shell }: ProgramOptions,
): ChildProcess {
  const command = [process.execPath, ...nodeFlags, program, ...argv];
  const [file = '', ...rest] = shell === undefined ? command : ['sh', '-c', shell, 'sh', ...command];
  return spawn(file, rest, { cwd, env: { PATH: process.env['PATH'] ?? '', ...env } });
}

/** Waits until a process has ended by itself, and gives what it said. */
export async function outcomeOf(child: ChildProcess, stdin = ''): Promise<CliResult> {
  child.stdin?.on('error', () => {}).end(stdin);
  const [stdout, stderr, [code]] = await Promise.all([
    textOf(child.stdout),
    textOf(child.stderr),
    once(child, 'close') as Promise<[number]>,
  ]);
  return { code, stdout, stderr };
}

async function textOf(stream: ChildProcess['stdout']): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream ?? []) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

/** Waits until somebody waits for a lock on a table; rejects when the process that should has ended. */
export async function untilItWaitsFor(table: string, knex: Knex, child: ChildProcess): Promise<void> {
  const sql = `SELECT FROM pg_locks WHERE NOT granted AND relation = '${table}'::regclass`;
  for (let waiting = 0; waiting === 0; waiting = (await knex.raw<{ rows: unknown[] }>(sql)).rows.length)
    if (child.exitCode !== null) throw new Error(`The process ended with ${child.exitCode}.`);
}

/** Ends a process at once, as `kill -9` does, and waits until it is gone. */
export async function killProgram(child: ChildProcess, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
  const gone = once(child, 'close');
  for (const stream of [child.stdout, child.stderr]) stream?.resume();
  child.kill(signal);
  await gone;
}
