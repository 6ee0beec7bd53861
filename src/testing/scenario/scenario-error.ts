/** The expected and the actual value, for tools that show them side by side. */
interface Comparison {
  readonly expected: unknown;
  readonly actual: unknown;
}

/** Parts of a {@link ScenarioError} besides its message. */
interface ScenarioErrorOptions {
  readonly comparison?: Comparison;
  /** The error of a handler that led to this one. */
  readonly cause?: unknown;
}

/**
 * An expectation of a scenario that is not met, or a handler that is not pure. Its stack begins at the line of the test.
 *
 * The message contains the difference, so the error looks like an ordinary one to test runners: for an `AssertionError`
 * most of them would print a second difference below it, in words of their own.
 */
export class ScenarioError extends Error {
  override readonly name = 'ScenarioError';
  /** Tells Vitest, Mocha and others that the difference is in the message. */
  readonly showDiff = false;
  /** The value that the test expected; absent where there is nothing to compare. */
  declare readonly expected?: unknown;
  /** The value that there was instead; absent where there is nothing to compare. */
  declare readonly actual?: unknown;

  constructor(message: string, { comparison, ...options }: ScenarioErrorOptions = {}) {
    super(message, options);
    Object.assign(this, comparison);
  }
}

/** Runs a method that a test calls; the stack of a {@link ScenarioError} begins at that call. */
export function calledByTest<Answer>(method: unknown, run: () => Answer): Answer {
  try {
    return run();
  } catch (error) {
    if (error instanceof ScenarioError) Error.captureStackTrace(error, method as () => unknown);
    throw error;
  }
}

/** Runs an asynchronous method that a test calls, from which this is called; the stack of a {@link ScenarioError} begins at that call. */
export async function awaitedByTest<Answer>(run: () => Promise<Answer>): Promise<Answer> {
  const call: { readonly stack?: string } = {};
  Error.captureStackTrace(call, awaitedByTest);
  try {
    return await run();
  } catch (error) {
    if (error instanceof ScenarioError) {
      // The first line is the error's own, the second one the method.
      const [, , ...frames] = (call.stack ?? '').split('\n');
      error.stack = [`${error.name}: ${error.message}`, ...frames].join('\n');
    }
    throw error;
  }
}
