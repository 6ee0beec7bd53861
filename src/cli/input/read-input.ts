import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { InputError, UsageError } from '../errors.js';
import type { Invocation } from '../invocation.js';

/** The text of a file, or of standard input for `-`. Throws {@link InputError} when it cannot be read or is not UTF-8. */
export async function readInput(file: string, invocation: Invocation): Promise<string> {
  const bytes = file === '-' ? await readStdin(invocation) : await readBytes(file, invocation.context.workingDirectory);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new InputError(`${inputName(file)} is not UTF-8 text.`, { hint: 'Convert it to UTF-8 first.', cause });
  }
}

/** The name of an input in messages. */
export function inputName(file: string): string {
  return file === '-' ? 'Standard input' : `The file ${file}`;
}

async function readBytes(file: string, workingDirectory: string): Promise<Uint8Array> {
  try {
    return await readFile(resolve(workingDirectory, file));
  } catch (cause) {
    throw new InputError(`The file ${file} cannot be read: ${(cause as NodeJS.ErrnoException).code}.`, { cause });
  }
}

async function readStdin(invocation: Invocation): Promise<Uint8Array> {
  await checkStdin(invocation);
  const chunks: Uint8Array[] = [];
  for await (const chunk of invocation.context.stdin) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Prints a note when the command waits for input from a terminal. Throws {@link UsageError} when `--no-input` forbids it. */
export async function checkStdin({ context, options, output }: Invocation): Promise<void> {
  if (!context.stdin.isTerminal) return;
  if (!options.input)
    throw new UsageError('Standard input is a terminal, but --no-input forbids waiting for it.', {
      hint: 'Pipe the input in, or name a file.',
    });
  await output.note('reading from the terminal; end with Ctrl-D');
}
