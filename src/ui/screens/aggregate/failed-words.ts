import type { Folding } from '../../../folding/folding.js';

/** Words for events that cannot be folded. */
export interface FailedWords {
  /** The names of one and of several. */
  readonly name: string;
  readonly names: string;
  /** The words beside one in a list. */
  readonly badge: string;
  /** A sentence about one. */
  readonly sentence: (sequence: number) => string;
  /** The words after "whose" for some. */
  readonly whose: (count: number) => string;
}

/** The words for events that cannot be folded: their handlers fail, or, where there are none, their bodies cannot be merged. */
export function failedWords({ aggregate }: Folding): FailedWords {
  return aggregate === undefined
    ? {
        name: 'body that cannot be merged',
        names: 'bodies that cannot be merged',
        badge: 'cannot be merged',
        sentence: (sequence) => `the body of event ${sequence} cannot be merged`,
        whose: (count) => (count === 1 ? 'body cannot be merged' : 'bodies cannot be merged'),
      }
    : {
        name: 'failing handler',
        names: 'failing handlers',
        badge: 'handler fails',
        sentence: (sequence) => `the handler of event ${sequence} fails`,
        whose: (count) => (count === 1 ? 'handler fails' : 'handlers fail'),
      };
}
