import { createHash, type Hash } from 'node:crypto';
import { type ErrorCode, MaestroError } from '../../errors.js';

/** The first line of an export. It names no time and no database, so that equal logs make equal files. */
export const HEADER = '{"format":"maestro-export","version":1}';

/** The last line of an export: the numbers and the digest of the lines before. */
export interface Footer {
  readonly events: number;
  readonly snapshots: number;
  /** SHA-256 of every byte before the last line, in hex digits. */
  readonly sha256: string;
}

/** The last line of an export. */
export function footerLine({ events, snapshots, sha256 }: Footer): string {
  return JSON.stringify({ events, snapshots, sha256 });
}

/** The hash of a footer's digest. */
export function newDigest(): Hash {
  return createHash('sha256');
}

/** Bytes handed to the hash at once: one call for each line is slower. */
const PIECE = 64 * 1024;

/** The digest of lines, each with the newline that ended it. */
export class LineDigest {
  readonly #digest = newDigest();
  readonly #piece = Buffer.allocUnsafe(PIECE);
  #length = 0;

  /** Adds a line; the bytes come without its newline. */
  add(line: Uint8Array): void {
    if (this.#length + line.length + 1 > PIECE) this.#flush();
    if (line.length + 1 > PIECE) {
      this.#digest.update(line).update('\n');
      return;
    }
    this.#piece.set(line, this.#length);
    this.#length += line.length + 1;
    this.#piece[this.#length - 1] = NEWLINE;
  }

  /** The digest of all lines in hex digits. May be called once, at the end. */
  hex(): string {
    this.#flush();
    return this.#digest.digest('hex');
  }

  #flush(): void {
    this.#digest.update(this.#piece.subarray(0, this.#length));
    this.#length = 0;
  }
}

const NEWLINE = 10;

/** The cause of a fault, and its remedy. */
interface Because {
  readonly cause?: unknown;
  readonly hint?: string | undefined;
}

/** A file is not an export, is incomplete, or was changed. Nothing was imported. */
export class InvalidExportError extends MaestroError {
  readonly code = 'MAESTRO_INVALID_EXPORT' satisfies ErrorCode;

  constructor(
    /** The line with the fault, 1 for the first. */ readonly line: number,
    problem: string,
    {
      cause,
      hint = 'Nothing was imported. Export again: a file that was cut off or changed is refused.',
    }: Because = {},
  ) {
    super(`Line ${line} of the export ${problem}.`, {
      hint,
      cause,
    });
  }
}
