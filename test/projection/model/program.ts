import type { Session } from './session.js';
import type { ProcessState } from './state.js';

/** What a process does in one step: all of it at one instant, as one statement. */
export interface Step {
  /** Tables that the statement locks before it takes its snapshot: `positions shared`, `positions exclusive`. */
  readonly tables?: readonly string[];
  /**
   * Rows that the statement reads through its snapshot, when it may wait for a lock after that, or find a row that was
   * changed meanwhile. Such a statement takes two steps: its snapshot, and the rest.
   */
  readonly sees?: (key: string) => boolean;
  /** Does the step, and returns the label of the next. */
  readonly run: (session: Session) => string;
}

/** What a process does, by label; it begins at the first. */
export interface Program {
  readonly name: string;
  readonly steps: Readonly<Record<string, Step['run'] | Step>>;
  /** Steps at which the process waits for work, or is done. */
  readonly rests: readonly string[];
  /** True when it is begun anew after a kill. */
  readonly restarts: boolean;
}

/** The label of a process that does nothing any more. */
export const DONE = 'is done';

/** The state of a process that begins. */
export function begun({ steps }: Program): ProcessState {
  return { at: Object.keys(steps)[0] ?? DONE, my: {}, writes: {}, held: [], saw: null };
}
