/** The way in which the tables of a store lie in the database. */
export interface Layout {
  /**
   * One table; hash partitions of the aggregate id on one server; shards of the aggregate id on the nodes of a Citus cluster; or the plain
   * tables, whole, in a distributed schema of such a cluster.
   */
  readonly kind: 'plain' | 'partitioned' | 'citus' | 'citus schema';
  /** Number of partitions or shards of the event log; 1 for a table that is whole. */
  readonly parts: number;
}

/** The plain layout: one table, as Elixir Maestro makes it. */
export const PLAIN: Layout = { kind: 'plain', parts: 1 };

/** The layout with so many hash partitions; the plain one for 1. */
export function partitioned(parts: number): Layout {
  return parts > 1 ? { kind: 'partitioned', parts } : PLAIN;
}

/** The layout with so many shards on a Citus cluster. */
export function citus(parts: number): Layout {
  return { kind: 'citus', parts };
}

/** The plain tables in a distributed schema of a Citus cluster. */
export const CITUS_SCHEMA: Layout = { kind: 'citus schema', parts: 1 };

/** A layout that is asked for; without a number of parts, any will do. */
export interface WantedLayout extends Pick<Layout, 'kind'> {
  readonly parts?: number | undefined;
}

/** True for a layout of the wanted kind with the wanted number of parts. */
export function fits(layout: Layout, { kind, parts = layout.parts }: WantedLayout): boolean {
  return layout.kind === kind && layout.parts === parts;
}

/** True for a layout on a Citus cluster. */
export function isOnCitus({ kind }: Pick<Layout, 'kind'>): boolean {
  return kind === 'citus' || kind === 'citus schema';
}

/** A layout in words, for a sentence: the log "has" it. */
export function layoutText(layout: WantedLayout): string {
  return layoutName(layout).replace(/^plain/, 'the plain layout');
}

/** A layout in words, for a label. */
export function layoutName({ kind, parts }: WantedLayout): string {
  switch (kind) {
    case 'plain':
      return 'plain';
    case 'partitioned':
      return `${parts} partitions`;
    case 'citus':
      return `${parts === undefined ? '' : `${parts} `}${parts === 1 ? 'shard' : 'shards'} on a Citus cluster`;
    case 'citus schema':
      return 'plain, in a distributed schema of a Citus cluster';
  }
}
