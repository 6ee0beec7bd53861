import { InvalidTimestampError } from '../../../hlc/errors.js';
import { type LogPosition, parsePosition } from '../../../admin/log/log-position.js';
import { notATime, readTime } from '../../../text/time/read-time.js';

/** The events to search for, as an address tells it. */
export interface SearchQuery {
  readonly types: readonly string[];
  readonly where: string | undefined;
  readonly text: string | undefined;
  /** Milliseconds since 1970, both included. */
  readonly since: number | undefined;
  readonly until: number | undefined;
  readonly order: 'latest' | 'earliest';
  readonly after: LogPosition | undefined;
}

/** The fields of the form, as they were filled in. */
export interface SearchTexts {
  readonly types: readonly string[];
  readonly where: string;
  readonly text: string;
  readonly since: string;
  readonly until: string;
}

/** A fault of a field of the form, as a sentence. */
export type SearchFaults = Readonly<Partial<Record<'types' | keyof SearchTexts | 'after', string>>>;

/** A search that was read from an address. */
export interface ReadSearch {
  readonly query: SearchQuery;
  readonly texts: SearchTexts;
  /** Empty for a search that can be made. */
  readonly faults: SearchFaults;
  /** True when the address says the same in other words, such as a relative time, which tomorrow means another one. */
  readonly isLoose: boolean;
}

/** Reads a search from the parameters of an address. */
export function readSearch(parameters: URLSearchParams): ReadSearch {
  const get = (name: string) => (parameters.get(name) ?? '').trim();
  const given = parameters.getAll('type').map((type) => type.trim());
  const types = [...new Set(given.filter((type) => type !== ''))];
  const texts = { types, where: get('where'), text: get('text'), since: get('since'), until: get('until') };
  const faults: Record<string, string> = {};
  for (const [name, text] of [['types', types.join('')], ...Object.entries(texts)] as [string, string][])
    if (text.includes('\0')) faults[name] = 'It has a NUL character, which no stored text has.';
  const since = timeOf(texts.since, 'first', (fault) => (faults['since'] = fault));
  const until = timeOf(texts.until, 'last', (fault) => (faults['until'] = fault));
  if (since !== undefined && until !== undefined && since > until + 1)
    faults['until'] = 'It is earlier than the beginning, so no event can be between them.';
  const after = positionOf(get('after'), (fault) => (faults['after'] = fault));
  const order = get('order') === 'earliest' ? 'earliest' : 'latest';
  const [where, text] = [texts.where || undefined, texts.text || undefined];
  const isLoose =
    types.length !== parameters.getAll('type').length ||
    ['where', 'text', 'since', 'until', 'after'].some((name) => parameters.get(name) === '') ||
    (since !== undefined && texts.since !== isoTime(since)) ||
    (until !== undefined && texts.until !== isoTime(until));
  return { query: { types, where, text, since, until, order, after }, texts, faults, isLoose };
}

/** A time as addresses and commands have it. */
export function isoTime(time: number): string {
  return new Date(time).toISOString();
}

function timeOf(text: string, end: 'first' | 'last', refuse: (fault: string) => void): number | undefined {
  if (text === '') return undefined;
  const span = readTime(text);
  if (span === undefined) refuse(`It ${notATime(text)}`);
  return span?.[end];
}

function positionOf(text: string, refuse: (fault: string) => void): LogPosition | undefined {
  if (text === '') return undefined;
  try {
    return parsePosition(text);
  } catch (error) {
    if (!(error instanceof InvalidTimestampError)) throw error;
    refuse('The place to go on from is not a timestamp. Begin with the first page.');
    return undefined;
  }
}
