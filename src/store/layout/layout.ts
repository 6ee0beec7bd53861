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

/** True for the same layout with the same number of parts. */
export function sameLayout(one: Layout, other: Layout): boolean {
  return one.kind === other.kind && one.parts === other.parts;
}

/** A layout in words. */
export function layoutText({ kind, parts }: Layout): string {
  switch (kind) {
    case 'plain':
      return 'the plain layout';
    case 'partitioned':
      return `${parts} partitions`;
    case 'citus':
      return `${parts} ${parts === 1 ? 'shard' : 'shards'} on a Citus cluster`;
    case 'citus schema':
      return 'the plain layout in a distributed schema of a Citus cluster';
  }
}
