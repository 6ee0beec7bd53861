/** An append of events to one aggregate, and what its caller was told. */
interface Append {
  /** A token for each of its events, in order, by which the event is found again. */
  readonly tokens: readonly string[];
  readonly begin: number;
  end: number;
  /** `acknowledged` with its sequences, `refused` (nothing was committed), or `unknown`; so is one that is under way. */
  outcome: 'acknowledged' | 'refused' | 'unknown';
  sequences: readonly number[];
}

/** A read of a whole aggregate: the tokens of its events. */
interface Read {
  readonly begin: number;
  readonly end: number;
  readonly tokens: readonly string[];
}

/** An event in the log, as a program reads it when all is over. */
export interface Stored {
  readonly sequence: number;
  readonly token: string;
}

/**
 * A record of the calls of concurrent callers on one aggregate and of their answers, to be compared with the stored events.
 * The begin and the end of each call are numbered in the order in which they happened.
 */
export class RecordedHistory {
  readonly #appends: Append[] = [];
  readonly #reads: Read[] = [];
  #now = 0;

  /**
   * Records an append. `isUnknown` tells of an error that the caller could not know the outcome; after every other one
   * nothing may be stored. Gives whether it was acknowledged, and the error if it was not.
   */
  async append(
    tokens: readonly string[],
    work: () => Promise<readonly number[]>,
    isUnknown: (error: unknown) => boolean = () => false,
  ): Promise<{ ok: true } | { ok: false; error: unknown }> {
    const append: Append = { tokens, begin: this.#tick(), end: Infinity, outcome: 'unknown', sequences: [] };
    this.#appends.push(append);
    try {
      const sequences = await work();
      Object.assign(append, { outcome: 'acknowledged', sequences, end: this.#tick() });
      return { ok: true };
    } catch (error) {
      if (!isUnknown(error)) Object.assign(append, { outcome: 'refused', end: this.#tick() });
      return { ok: false, error };
    }
  }

  /** Records a read. */
  async read(work: () => Promise<readonly string[]>): Promise<void> {
    const begin = this.#tick();
    const tokens = await work();
    this.#reads.push({ begin, tokens, end: this.#tick() });
  }

  /** Number of appends that ended this way. */
  count(outcome: Append['outcome']): number {
    return this.#appends.filter((append) => append.outcome === outcome).length;
  }

  /** Number of reads. */
  get reads(): number {
    return this.#reads.length;
  }

  /** Number of acknowledged events that are not stored at the acknowledged sequence. */
  lost(stored: readonly Stored[]): number {
    const at = new Map(stored.map(({ sequence, token }) => [sequence, token]));
    return this.#acknowledged().filter(({ sequence, token }) => at.get(sequence) !== token).length;
  }

  /** Number of events that are stored more than once. */
  duplicated(stored: readonly Stored[]): number {
    return stored.length - new Set(stored.map(({ token }) => token)).size;
  }

  /** All answers that contradict the stored events. */
  faults(stored: readonly Stored[]): string[] {
    const faults: string[] = [];
    const sequences = new Map(stored.map(({ sequence, token }) => [token, sequence]));
    for (const [index, { sequence }] of stored.entries())
      if (sequence !== index + 1) faults.push(`a gap: sequence ${sequence} comes at place ${index + 1}`);
    if (this.lost(stored) > 0) faults.push(`${this.lost(stored)} acknowledged events are lost`);
    if (this.duplicated(stored) > 0) faults.push(`${this.duplicated(stored)} events are stored twice`);
    const acknowledged = this.#acknowledged();
    if (new Set(acknowledged.map(({ sequence }) => sequence)).size < acknowledged.length)
      faults.push('a sequence was acknowledged twice');

    const asked = new Set<string>();
    for (const { tokens, outcome } of this.#appends) {
      for (const token of tokens) asked.add(token);
      const found = tokens.filter((token) => sequences.has(token)).length;
      if (outcome === 'refused' && found > 0) faults.push(`${tokens[0]} was refused, but is stored`);
      if (found > 0 && found < tokens.length) faults.push(`${tokens[0]} is stored in part`);
    }
    for (const { token } of stored) if (!asked.has(token)) faults.push(`nobody asked for ${token}`);
    return [...faults, ...this.#disorder(sequences), ...this.#badReads(stored)];
  }

  #acknowledged(): Stored[] {
    return this.#appends
      .filter(({ outcome }) => outcome === 'acknowledged')
      .flatMap(({ tokens, sequences }) =>
        tokens.map((token, index) => ({ token, sequence: sequences[index] ?? Number.NaN })),
      );
  }

  /** Appends that ended before another one began, but come after it. */
  #disorder(sequences: ReadonlyMap<string, number>): string[] {
    const places = ({ tokens }: Append) => tokens.flatMap((token) => sequences.get(token) ?? []);
    const ended = this.#appends.filter(({ outcome }) => outcome === 'acknowledged').sort((a, b) => a.end - b.end);
    const faults: string[] = [];
    let [next, highest] = [0, 0];
    for (const append of [...this.#appends].sort((a, b) => a.begin - b.begin)) {
      for (let before = ended[next]; before !== undefined && before.end < append.begin; before = ended[(next += 1)])
        highest = Math.max(highest, ...places(before));
      if (Math.min(Infinity, ...places(append)) <= highest)
        faults.push(`${append.tokens[0]} began after what comes later in the log had been acknowledged`);
    }
    return faults;
  }

  #badReads(stored: readonly Stored[]): string[] {
    const faults: string[] = [];
    for (const { begin, end, tokens } of this.#reads) {
      const isPrefix = tokens.every((token, index) => stored[index]?.token === token);
      if (!isPrefix) faults.push(`a read of ${tokens.length} events is not how the log begins`);
      const seen = new Set(tokens);
      for (const append of this.#appends) {
        const hasSeen = append.tokens.some((token) => seen.has(token));
        if (append.outcome === 'acknowledged' && append.end < begin && !hasSeen)
          faults.push(`a read does not know ${append.tokens[0]}, which had been acknowledged before`);
        if (append.begin > end && hasSeen) faults.push(`a read knows ${append.tokens[0]} before it was asked for`);
      }
    }
    for (const { begin, tokens } of this.#reads) {
      const before = this.#reads.filter((read) => read.end < begin && read.tokens.length > tokens.length);
      if (before.length > 0) faults.push(`a read of ${tokens.length} events came after one of more`);
    }
    return faults;
  }

  #tick(): number {
    return (this.#now += 1);
  }
}
