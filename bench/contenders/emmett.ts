import { bodyAt, type Contender, type Place } from './contender.js';

/** The part of Emmett that is used here, typed by hand because its packages are installed in `bench/` only. */
interface EmmettStore {
  appendToStream(
    stream: string,
    events: readonly { readonly type: string; readonly data: object }[],
    options: { readonly expectedStreamVersion: bigint },
  ): Promise<unknown>;
  readStream(stream: string): Promise<{ readonly events: readonly unknown[]; readonly currentStreamVersion: bigint }>;
  close(): Promise<void>;
  readonly schema: { migrate(): Promise<unknown> };
}

/** `@event-driven-io/emmett-postgresql`, as its documentation uses it, in tables of its own. */
export async function openEmmett({ url }: Place): Promise<Contender> {
  const name = '@event-driven-io/emmett-postgresql';
  const { getPostgreSQLEventStore } = (await import(name)) as {
    getPostgreSQLEventStore: (url: string) => EmmettStore;
  };
  const store = getPostgreSQLEventStore(url);
  await store.schema.migrate();
  return {
    name: 'emmett',
    commit: async (id, sequence, count) => {
      const events = Array.from({ length: count }, (_, index) => ({
        type: 'incremented',
        data: bodyAt(sequence + index),
      }));
      try {
        await store.appendToStream(id.hex, events, { expectedStreamVersion: BigInt(sequence - 1) });
        return true;
      } catch (error) {
        if (/version/i.test((error as Error).message)) return false;
        throw error;
      }
    },
    read: async (id) => (await store.readStream(id.hex)).events.length,
    lastSequence: async (id) => Number((await store.readStream(id.hex)).currentStreamVersion),
    close: () => store.close(),
  };
}
