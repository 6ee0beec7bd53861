import { positionText } from '../../../admin/log/log-position.js';
import { isoTime, type SearchQuery } from './search-query.js';

/** The address of a search, without the base. What is not given is not restricted. */
export function searchAddress(query: Partial<SearchQuery>): string {
  const parameters = new URLSearchParams();
  for (const type of query.types ?? []) parameters.append('type', type);
  if (query.where !== undefined) parameters.set('where', query.where);
  if (query.text !== undefined) parameters.set('text', query.text);
  if (query.since !== undefined) parameters.set('since', isoTime(query.since));
  if (query.until !== undefined) parameters.set('until', isoTime(query.until));
  if (query.order === 'earliest') parameters.set('order', query.order);
  if (query.after !== undefined) parameters.set('after', positionText(query.after));
  return parameters.size === 0 ? '/search' : `/search?${parameters.toString()}`;
}

/** The words of the command that makes a search in a terminal. */
export function searchCommand({ types, where, text, since, until, order, after }: SearchQuery): string[] {
  return [
    'search',
    ...types.flatMap((type) => ['--type', type]),
    ...(since === undefined ? [] : ['--since', isoTime(since)]),
    ...(until === undefined ? [] : ['--until', isoTime(until)]),
    ...(where === undefined ? [] : ['--where', where]),
    ...(text === undefined ? [] : ['--text', text]),
    ...(order === 'latest' ? ['--reverse'] : []),
    ...(after === undefined ? [] : ['--after', positionText(after)]),
  ];
}
