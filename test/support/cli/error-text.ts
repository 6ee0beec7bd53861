import { inspect } from 'node:util';
import { MaestroError } from '../../../src/errors.js';

/** The error of this library that some work fails with. Throws when it succeeds or fails with another error. */
export async function failureOf(working: Promise<unknown>): Promise<MaestroError> {
  const failure = await working.then(
    () => new Error('It succeeded.'),
    (error: unknown) => error,
  );
  if (failure instanceof MaestroError) return failure;
  throw failure;
}

/** Everything that an error says in any way in which somebody might print it, its causes included. */
export function allTextOf(error: unknown): string {
  const texts = [
    inspect(error, { depth: null, showHidden: true, getters: true, maxStringLength: null }),
    String(error),
  ];
  for (let current = error; current instanceof Error; current = current.cause)
    texts.push(current.message, current.stack ?? '', JSON.stringify(current));
  return texts.join('\n');
}
