import { closeSync, fstatSync, openSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { EmbeddedFolderError } from '../errors.js';
import { checkDataFolder, dataFolderExists, MARKER } from './data-folder.js';
import { isFileError, unusableFolderError } from './file-errors.js';

/**
 * A data folder that an engine may be started on again and again. Its marker is kept open: so the system cannot give another
 * file the number of that one, by which another folder in its place is known.
 */
export class SameFolder {
  readonly #folder: string;
  #marker: number | undefined;

  constructor(folder: string) {
    this.#folder = folder;
    this.#marker = openSync(join(folder, MARKER), 'r');
  }

  /** Throws unless the folder is there, complete, and the one that it was: an engine would make a new database in an empty one. */
  check(): void {
    try {
      if (!dataFolderExists(this.#folder))
        throw new EmbeddedFolderError(`The embedded database in ${this.#folder} is not there any more.`, {
          hint: 'Bring the folder back; or end this program, and start it again with another one.',
        });
      checkDataFolder(this.#folder);
      if (!this.#isTheSame())
        throw new EmbeddedFolderError(`The folder ${this.#folder} was replaced while this program had it open.`, {
          hint: 'End this program, and start it again to use the folder that is there now.',
        });
    } catch (error) {
      throw isFileError(error) ? unusableFolderError(this.#folder, error) : error;
    }
  }

  /** Lets the folder go. */
  release(): void {
    if (this.#marker !== undefined) closeSync(this.#marker);
    this.#marker = undefined;
  }

  #isTheSame(): boolean {
    if (this.#marker === undefined) return false;
    const was = fstatSync(this.#marker, { bigint: true });
    const is = statSync(join(this.#folder, MARKER), { bigint: true });
    return was.dev === is.dev && was.ino === is.ino;
  }
}
