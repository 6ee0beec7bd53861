/** What the events of a log can be counted by. */
export const GROUPS = ['type', 'day', 'aggregate', 'partition'] as const;

/** One of {@link GROUPS}. */
export type Group = (typeof GROUPS)[number];

/** How many aggregates are listed unless said otherwise. */
export const AGGREGATES = 50;
