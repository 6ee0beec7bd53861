import type { PagesLog, Visited } from './log.js';
import { anyOf, type Asked, BODIES, bytes, jsonPath, type Page, TIME } from './page.js';

const timeOf = ({ timestamp }: Visited) => Number.parseInt(timestamp.slice(0, 12), 16);

/** The first views of all screens. */
export function firstViews(log: PagesLog): Page[] {
  const { table } = log;
  return [
    {
      name: 'overview',
      ask: () => ({ path: '/', plain: [`SELECT ${TIME} / 86400000, type, count(*) FROM ${table} GROUP BY 1, 2`] }),
    },
    {
      name: 'event',
      ask: ({ timestamp }) => ({ path: `/event/${timestamp}`, plain: [atTimestamp(log), bytes(timestamp)] }),
    },
    ...finding(log),
    ...searching(log),
    ...aggregates(log),
    ...comparing(log),
    ...live(log),
    {
      name: 'projections',
      ask: () => ({
        path: '/projections',
        plain: [`SELECT * FROM ${table.replace('event_log', 'maestro_projections')}`],
      }),
    },
    { name: 'verify, before it runs', ask: () => ({ path: '/verify' }) },
    { name: 'check, before it runs', ask: () => ({ path: '/check' }) },
  ];
}

function finding(log: PagesLog): Page[] {
  const { table } = log;
  const begun = `SELECT DISTINCT aggregate_id FROM ${table} WHERE aggregate_id >= $1 AND aggregate_id < $2`;
  const one = `SELECT ${BODIES} FROM ${table} WHERE aggregate_id = $1 AND sequence = $2`;
  return [
    {
      name: 'find, first digits of an id',
      ask: ({ aggregateId }) => {
        const digits = aggregateId.slice(0, 4);
        return {
          path: `/find?q=${digits}`,
          plain: [begun, bytes(digits.padEnd(32, '0')), bytes(digits.padEnd(32, 'f'))],
        };
      },
    },
    {
      name: 'find, an id and a sequence',
      ask: ({ aggregateId, sequence }) => ({
        path: `/find?q=${aggregateId}+${sequence}`,
        plain: [one, bytes(aggregateId), sequence],
      }),
    },
    {
      name: 'find, nothing',
      ask: ({ aggregateId }) => {
        const nothing = `ffff${aggregateId.slice(0, 28)}`;
        return { path: `/find?q=${nothing}`, plain: [atTimestamp(log), bytes(nothing)] };
      },
    },
  ];
}

function searching(log: PagesLog): Page[] {
  const search = (
    name: string,
    ask: (visited: Visited, turn: number) => readonly [query: string, where: string],
  ): Page => ({
    name,
    ask: (visited, turn) => {
      const [query, where] = ask(visited, turn);
      return { path: `/search?order=latest&${query}`, plain: [latest(log, where)] };
    },
  });
  const ofType = (type: string) => [`type=${type}`, `WHERE type = '${type}'`] as const;
  return [
    search('search', () => ['', '']),
    search('search, a common type', (_visited, turn) => ofType(`changed_${turn % 7}`)),
    search('search, a type of one event in 50,000', () => ofType('audited')),
    {
      name: 'search, a type in an hour',
      ask: (visited) => {
        const [since, until] = [timeOf(visited), timeOf(visited) + 3_600_000];
        const iso = (time: number) => new Date(time).toISOString();
        const where = `WHERE "timestamp" >= $1 AND "timestamp" < $2 AND type = 'changed_3'`;
        const key = (time: number) => bytes(time.toString(16).padStart(12, '0').padEnd(32, '0'));
        return {
          path: `/search?since=${iso(since)}&until=${iso(until)}&type=changed_3`,
          plain: [latest(log, where), key(since), key(until + 1)],
        };
      },
    },
    search('search, a jsonpath for one event in 10,000', ({ n }) => [
      `where=${encodeURIComponent(jsonPath(n))}`,
      `WHERE body @@ '${jsonPath(n)}'`,
    ]),
    search('search, a text of one event', ({ n }) => [
      `text=${encodeURIComponent(`"n": ${n},`)}`,
      `WHERE body::text ILIKE '%"n": ${n},%'`,
    ]),
  ];
}

function aggregates({ table, long, length }: PagesLog): Page[] {
  const all = `SELECT ${BODIES} FROM ${table} WHERE aggregate_id = $1 ORDER BY sequence`;
  const odd = `SELECT count(*) FROM (SELECT sequence <> lag(sequence) OVER w + 1 OR "timestamp" < lag("timestamp") OVER w AS is_odd
FROM ${table} WHERE aggregate_id = $1 WINDOW w AS (ORDER BY sequence)) AS e WHERE is_odd`;
  const short = (name: string, query: (visited: Visited) => string): Page => ({
    name: `short history${name}`,
    ask: (visited) => ({
      path: `/aggregate/${visited.aggregateId}${query(visited)}`,
      plain: [all, bytes(visited.aggregateId)],
    }),
  });
  const longer = (name: string, query: (at: number, visited: Visited) => string): Page => ({
    name: `long history${name}`,
    isCold: true,
    ask: (visited, turn) => {
      const id = long[turn % long.length] ?? '';
      return { path: `/aggregate/${id}${query(anyOf(length, turn), visited)}`, plain: [odd, bytes(id)] };
    },
  });
  return [
    short('', () => ''),
    short(', in the middle', ({ sequence }) => `?at=${sequence}`),
    short(', the changes of a value', () => '?path=/total'),
    longer('', () => ''),
    longer(', anywhere', (at) => `?at=${at}`),
    longer(', at a time', (_at, { timestamp }) => `?time=${timestamp}&by=time`),
    longer(', the changes of a value', (at) => `?at=${at}&path=/total`),
  ];
}

function comparing({ table, visited, long }: PagesLog): Page[] {
  const lanes = `SELECT encode(aggregate_id, 'hex'), ${TIME} / 10800000, count(*) FROM ${table} WHERE aggregate_id = ANY ($1) GROUP BY 1, 2`;
  const compare = (ids: readonly string[]): Asked => ({
    path: `/compare?${ids.map((id) => `id=${id}`).join('&')}`,
    plain: [lanes, ids.map(bytes)],
  });
  const some = (turn: number, count: number) =>
    Array.from({ length: count }, (_, index) => visited[(turn + index) % visited.length]?.aggregateId ?? '');
  return [
    { name: 'compare, 2 short histories', ask: (_visited, turn) => compare(some(turn, 2)) },
    { name: 'compare, 12 short histories', ask: (_visited, turn) => compare(some(turn, 12)) },
    {
      name: `compare, ${long.length} long histories`,
      ask: (_visited, turn) => compare([...long.slice(turn % 5), ...long.slice(0, turn % 5)]),
    },
  ];
}

function live(log: PagesLog): Page[] {
  const ofAggregate = `SELECT ${BODIES} FROM ${log.table} WHERE aggregate_id = $1 ORDER BY sequence DESC LIMIT 50`;
  return [
    { name: 'live', ask: () => ({ path: '/live', plain: [latest(log, '')] }) },
    {
      name: 'live, a long history',
      ask: (_visited, turn) => {
        const id = log.long[turn % log.long.length] ?? '';
        return { path: `/live?aggregate=${id}`, plain: [ofAggregate, bytes(id)] };
      },
    },
    {
      name: 'live, a type of one event in 50,000',
      ask: () => ({ path: '/live?type=audited', plain: [latest(log, `WHERE type = 'audited'`)] }),
    },
  ];
}

function latest({ table }: PagesLog, where: string): string {
  return `SELECT ${BODIES} FROM ${table} ${where} ORDER BY "timestamp" DESC LIMIT 50`;
}

function atTimestamp({ table }: PagesLog): string {
  return `SELECT ${BODIES} FROM ${table} WHERE "timestamp" = $1`;
}
