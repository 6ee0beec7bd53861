import { SeveralOwnersError } from '../../../folding/errors.js';
import { PageError } from '../../page-error.js';
import { addressOf, type AggregateRequest } from './request.js';

/** Makes what throws an error again: where several definitions own the aggregate, one with a link to the same page for each. */
export function toChooseOwner(request: AggregateRequest): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof SeveralOwnersError)) throw error;
    throw new PageError(400, error.message, {
      hint: 'Choose the one whose handlers fold it:',
      choices: error.owners.map((as) => ({ text: as, href: addressOf(request, { as }) })),
    });
  };
}
