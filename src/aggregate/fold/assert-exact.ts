import { pathText } from '../../json/path/path-text.js';
import { roundedNumbers } from '../../json/encode/rounded-numbers.js';
import { InvalidEventError } from '../../store/errors.js';
import type { EncodedEvent } from '../../store/commit/validate.js';
import type { Definition } from '../definition/definition.js';

/**
 * Throws `InvalidEventError` for numbers of new events that the definition's `numbers: 'plain'` would round when they are
 * read.
 */
export function assertExact({ name, numbers }: Definition, events: readonly EncodedEvent[]): void {
  if (numbers !== 'plain') return;
  const issues = events.flatMap(({ event: { body, metadata }, json }, index) =>
    roundedNumbers({ body, metadata }, json).map(({ path: [part = '', ...path], message }) => ({
      index,
      path: pathText(String(part), path),
      message: `${message}; define the aggregate ${name} with numbers: 'lossless', or write the number as a text`,
    })),
  );
  if (issues.length > 0) throw new InvalidEventError(issues);
}
