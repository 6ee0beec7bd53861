/** Values of `--by`. */
export const GROUPS = ['type', 'day', 'aggregate', 'partition'] as const;

/** One of {@link GROUPS}. */
export type Group = (typeof GROUPS)[number];

/** Default number of listed aggregates. */
export const AGGREGATES = 50;
