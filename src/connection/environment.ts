import process from 'node:process';
import { ConfigurationError } from './errors.js';

/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Surroundings of a program: its environment variables, and its working directory. */
export interface Surroundings {
  readonly environment: Environment;
  /** Absent when no file of it is to be looked at. */
  readonly workingDirectory?: string | undefined;
}

/**
 * The surroundings of this process, for programs that use the library. The command line hands in its own. Whoever looks at the
 * working directory when it has been deleted gets a {@link ConfigurationError}.
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
    throw new ConfigurationError('The working directory is not there any more, or cannot be read.', {
      hint: 'Go to a folder that is there, and try again.',
      cause,
    });
  }
}
