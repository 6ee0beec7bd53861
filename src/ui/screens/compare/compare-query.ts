import { MAX_SEQUENCE } from '../../../events.js';
import type { Timestamp } from '../../../hlc/timestamp.js';
import { notATime, readTime } from '../../../text/time/read-time.js';
import type { EventLog } from '../../../admin/log/event-log.js';
import type { Faults } from '../../input/faults.js';
import { readId, SHOWN_IDS } from '../../input/read-id.js';
import { isoTime } from '../search/search-query.js';

/** Most aggregates that are compared. */
export const MOST_LANES = 12;

/** The aggregates to compare, as an address tells them. */
export interface CompareQuery {
  readonly ids: readonly Timestamp[];
  /** Milliseconds since 1970, both included; absent for all of their time. */
  readonly since: number | undefined;
  readonly until: number | undefined;
  /** For each of the aggregates, the sequence after which its events are listed; absent for all of them. */
  readonly after?: readonly number[] | undefined;
}

/** A comparison that was read from an address. */
export interface ReadCompare {
  readonly query: CompareQuery;
  /** Faults of the fields `id`, `since` and `until`, and of the place in `after`. */
  readonly faults: Faults;
  /** These fields as they were filled in, where they are wrong. */
  readonly written: Readonly<Partial<Record<'id' | 'since' | 'until', string>>>;
  /** The ids that first digits can stand for, where they are those of several, but for those that are compared already; none where no further one can be. */
  readonly candidates: readonly Timestamp[];
  /** True when the address says the same in other words. */
  readonly isLoose: boolean;
}

/** Reads a comparison from the parameters of an address. Ids may be given by their first digits. */
export async function readCompare(log: EventLog, parameters: URLSearchParams): Promise<ReadCompare> {
  const faults: Record<string, string> = {};
  const written: Record<string, string> = {};
  const refuse = (name: string, text: string, fault: string) => {
    faults[name] = [faults[name], fault].filter(Boolean).join(' ');
    written[name] = [written[name], text].filter(Boolean).join(' ');
  };
  const found = new Map<string, Timestamp>();
  const refused: { readonly text: string; readonly fault: string; readonly several: readonly Timestamp[] }[] = [];
  const texts = parameters.getAll('id').flatMap((text) => text.split(/[\s,]+/).filter((word) => word !== ''));
  for (const text of texts.slice(0, 2 * MOST_LANES)) {
    const id = await readId(log, text, (fault, several) => refused.push({ text, fault, several }), MOST_LANES);
    if (id !== undefined) found.set(id.hex, id);
  }
  const isFull = found.size >= MOST_LANES;
  for (const { text, fault, several } of refused) refuse('id', text, isFull && several.length > 0 ? '' : fault);
  if (found.size > MOST_LANES || (isFull && refused.some(({ several }) => several.length > 0)))
    refuse('id', '', `At most ${MOST_LANES} aggregates are compared. Remove one to add another.`);
  // Those that are compared already are no answer.
  const candidates = isFull
    ? []
    : refused.flatMap(({ several }) => several.filter(({ hex }) => !found.has(hex)).slice(0, SHOWN_IDS));
  const ids = [...found.values()].slice(0, MOST_LANES);
  const time = (name: 'since' | 'until', end: 'first' | 'last') => {
    const text = (parameters.get(name) ?? '').trim();
    const span = text === '' ? undefined : readTime(text);
    if (text !== '' && span === undefined) refuse(name, text, `${JSON.stringify(text)} ${notATime(text)}`);
    return span?.[end];
  };
  const [since, until] = [time('since', 'first'), time('until', 'last')];
  if (since !== undefined && until !== undefined && since > until)
    refuse('until', isoTime(until), 'It is earlier than the beginning, so no event can be between them.');
  const after = placeOf((parameters.get('after') ?? '').trim(), ids.length);
  if (after === 'none') refuse('after', '', NO_PLACE);
  const query = { ids, since, until, after: after === 'none' ? undefined : after };
  const isLoose = !isSame(parameters, new URLSearchParams(compareParameters(query)));
  return { query, faults, written, candidates: unique(candidates), isLoose };
}

function unique(ids: readonly Timestamp[]): Timestamp[] {
  return [...new Map(ids.map((id) => [id.hex, id])).values()];
}

/** The address of a comparison, without the base. */
export function compareAddress(query: CompareQuery): string {
  const parameters = compareParameters(query);
  return parameters.size === 0 ? '/compare' : `/compare?${parameters.toString()}`;
}

function compareParameters({ ids, since, until, after }: CompareQuery): URLSearchParams {
  const parameters = new URLSearchParams();
  for (const id of ids) parameters.append('id', id.hex);
  if (since !== undefined) parameters.set('since', isoTime(since));
  if (until !== undefined) parameters.set('until', isoTime(until));
  if (after !== undefined) parameters.set('after', after.join('.'));
  return parameters;
}

/** True for the same values, empty ones too: the address that a form makes of empty fields is longer than needed. */
function isSame(given: URLSearchParams, wanted: URLSearchParams): boolean {
  const values = (parameters: URLSearchParams, name: string) => JSON.stringify(parameters.getAll(name));
  return ['id', 'since', 'until', 'after'].every((name) => values(given, name) === values(wanted, name));
}

const NO_PLACE =
  'The place to go on from must name a sequence of each of the aggregates, such as `41.7`. Begin with their first events.';

function placeOf(text: string, aggregates: number): readonly number[] | 'none' | undefined {
  if (text === '') return undefined;
  const sequences = text.split('.').map((word) => (/^\d{1,10}$/.test(word) ? Number(word) : NaN));
  return sequences.length === aggregates && sequences.every((sequence) => sequence <= MAX_SEQUENCE)
    ? sequences
    : 'none';
}
