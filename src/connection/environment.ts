import process from 'node:process';

/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** What is around a program: its environment variables, and its working directory. */
export interface Surroundings {
  readonly environment: Environment;
  /** Absent when no file of it is to be looked at. */
  readonly workingDirectory?: string | undefined;
}

/** The surroundings of this process, for programs that use the library. The command line hands in its own. */
export function processSurroundings(): Surroundings {
  return { environment: process.env, workingDirectory: process.cwd() };
}
