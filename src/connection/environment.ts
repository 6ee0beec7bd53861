import process from 'node:process';
import { ConfigurationError } from './errors.js';

/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** A program's environment variables and working directory. */
export interface Surroundings {
  readonly environment: Environment;
  /** Absent when no files are to be read from it. */
  readonly workingDirectory?: string | undefined;
}

/**
 * The surroundings of this process, for programs that use the library; the command line has its own. Reading
 * `workingDirectory` throws {@link ConfigurationError} when it has been deleted.
 */
export function processSurroundings(): Surroundings {
  return {
    environment: process.env,
    get workingDirectory() {
      return workingDirectory();
    },
  };
}

/** The working directory of this process. Throws {@link ConfigurationError} when it has been deleted. */
export function workingDirectory(): string {
  try {
    return process.cwd();
  } catch (cause) {
    throw new ConfigurationError('The working directory was deleted, or cannot be read.', {
      hint: 'Change to a folder that exists, and try again.',
      cause,
    });
  }
}
