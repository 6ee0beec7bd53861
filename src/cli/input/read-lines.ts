import { createReadStream } from 'node:fs';
import { resolve } from 'node:path';
import { InputError } from '../errors.js';
import { checkStdin, inputName } from './read-input.js';
import type { Invocation } from '../invocation.js';

/** A line of an input. */
export interface Line {
  /** 1 for the first. */
  readonly number: number;
  readonly text: string;
  /** The bytes as they were read, without the newline. */
  readonly bytes: Uint8Array;
  /** True when a newline ended it; only the last line of a file can lack one. */
  readonly ended: boolean;
}

/** Longest line in bytes: the largest jsonb value, and some room for the rest of the line. */
const LONGEST_LINE = 300_000_000;
const NEWLINE = 10;

/**
 * The lines of a file, or of standard input for `-`; holds one line at a time. Throws {@link InputError} when the input
 * cannot be read, and, naming the line, when a line is not UTF-8 or too long. `onRead` gets the number of bytes of each
 * chunk.
 */
export async function* readLines(
  file: string,
  invocation: Invocation,
  onRead?: (bytes: number) => void,
): AsyncGenerator<Line> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const name = inputName(file);
  let number = 0;
  const line = (bytes: Buffer, ended: boolean): Line => {
    number += 1;
    try {
      return { number, bytes, ended, text: decoder.decode(bytes) };
    } catch (cause) {
      throw new InputError(`${name}, line ${number}, is not UTF-8 text.`, { cause });
    }
  };
  let parts: Buffer[] = [];
  let length = 0;
  for await (const chunk of chunksOf(file, invocation)) {
    onRead?.(chunk.length);
    let begin = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, begin)) {
      const last = chunk.subarray(begin, end);
      yield line(parts.length === 0 ? last : Buffer.concat([...parts, last]), true);
      parts = [];
      length = 0;
      begin = end + 1;
    }
    if (begin === chunk.length) continue;
    parts.push(chunk.subarray(begin));
    length += chunk.length - begin;
    if (length > LONGEST_LINE)
      throw new InputError(`${name}, line ${number + 1}, is longer than ${LONGEST_LINE} bytes.`, {
        hint: 'A line holds one JSON object.',
      });
  }
  if (length > 0) yield line(Buffer.concat(parts), false);
}

async function* chunksOf(file: string, invocation: Invocation): AsyncGenerator<Buffer> {
  if (file === '-') await checkStdin(invocation);
  const { stdin, workingDirectory } = invocation.context;
  // Leaving the loop, for whatever reason, closes the file.
  const chunks = file === '-' ? stdin : createReadStream(resolve(workingDirectory, file), { highWaterMark: 1 << 18 });
  try {
    for await (const chunk of chunks) yield Buffer.from(chunk as Uint8Array);
  } catch (cause) {
    throw new InputError(`${inputName(file)} cannot be read: ${(cause as NodeJS.ErrnoException).code}.`, { cause });
  }
}
