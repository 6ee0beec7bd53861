import type { Context } from 'hono';
import { Timestamp } from '../../../hlc/timestamp.js';

/** The events that a live page shows. */
export interface LiveFilter {
  /** Only events of these types; all, if empty. */
  readonly types: readonly string[];
  /** Only events of this aggregate. */
  readonly aggregateId: Timestamp | undefined;
}

/** Reads the filter in an address. Throws `InvalidTimestampError` for what is no id. */
export function readLiveFilter(c: Context): LiveFilter {
  const types = [...new Set(c.req.queries('type') ?? [])].filter((type) => type !== '');
  const id = c.req.query('aggregate')?.trim() ?? '';
  return { types, aggregateId: id === '' ? undefined : Timestamp.parse(id) };
}

/** The parameters of an address with the filter, such as `?type=opened`; empty for all events. */
export function liveQuery({ types, aggregateId }: LiveFilter, more: Readonly<Record<string, string>> = {}): string {
  const query = new URLSearchParams();
  for (const type of types) query.append('type', type);
  if (aggregateId !== undefined) query.set('aggregate', aggregateId.hex);
  for (const [name, value] of Object.entries(more)) query.set(name, value);
  return query.size === 0 ? '' : `?${query.toString()}`;
}
