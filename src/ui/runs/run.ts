import type { JSX } from 'hono/jsx/jsx-runtime';

/** The end of a run. */
export interface Outcome {
  /** True when nothing was found. */
  readonly good: boolean;
  readonly text: string;
  readonly notes: readonly string[];
}

/** Whom a run tells. */
export interface Reporter {
  /** Tells how far it is, if enough time has passed since it last did. */
  readonly progress: (text: string) => void;
  /** Tells what it has found; false when nobody wants more. */
  readonly finding: (line: JSX.Element) => Promise<boolean>;
}

/** A long search for faults. Its statements are cancelled when the page is left. */
export type RunWork = (report: Reporter) => Promise<Outcome>;

/** A run as the address of a page describes it. */
export interface PlannedRun {
  /** The fields of its form, with what the address says. */
  readonly fields: JSX.Element;
  /** True when something is wrong with them, which they say: then nothing is run. */
  readonly isWrong: boolean;
  /** The words of the command that does the same. */
  readonly command: readonly string[];
  /** Absent when it cannot be run. */
  readonly work: RunWork | undefined;
}
