import { ok } from '../../result.js';
import type { CommitContext } from './commit-context.js';
import { commitContent } from './commit-events.js';
import { resolveFailedGroup } from './failed-group.js';
import { insertGroup } from './insert-events.js';
import type { CommandCommitResult } from '../store.js';
import type { CommitContent } from './commit-content.js';
import { committedEvents, type EncodedEvent } from './validate.js';

/** Larger commits are sent by themselves: grouping gains them nothing, and others would wait for them. */
const MAX_COMMIT = { events: 20, length: 16 * 1024 };
/** Most events and most characters of JSON that one statement takes. */
const MAX_GROUP = { events: 500, length: 512 * 1024 };
/**
 * Longest time that queued commits wait for statements under way, in milliseconds: those may hang on somebody else's
 * lock.
 */
const MAX_WAIT = 20;

/** A commit in the queue. */
interface QueuedCommit extends CommitContent {
  readonly length: number;
  readonly resolve: (result: CommandCommitResult) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Group commit: commits that arrive while another one is under way are sent together, in one statement, which costs one
 * round trip and one WAL flush for all of them. A commit that finds nothing under way is sent at once. Each commit
 * stays atomic and gets its own result, also when the shared statement fails.
 */
export class GroupCommit {
  readonly #context: CommitContext;
  #queue: QueuedCommit[] = [];
  /** Statements of the current generation that have not ended. */
  #inFlight = 0;
  /** Grows when waiting took too long; statements of older generations are no longer waited for. */
  #generation = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(context: CommitContext) {
    this.#context = context;
  }

  /** Commits as {@link commitContent} does, without projections. */
  commit(content: CommitContent): Promise<CommandCommitResult> {
    const { events, command } = content;
    const length = lengthOf(events);
    if (events.length > MAX_COMMIT.events || length > MAX_COMMIT.length) return commitContent(this.#context, content);
    if (this.#inFlight === 0 && this.#queue.length === 0) return this.#commitAtOnce(content);
    return new Promise((resolve, reject) => {
      this.#queue.push({ events, command, length, resolve, reject });
      this.#timer ??= setTimeout(() => this.#stopWaiting(), MAX_WAIT);
    });
  }

  async #commitAtOnce(content: CommitContent): Promise<CommandCommitResult> {
    const generation = this.#generation;
    this.#inFlight += 1;
    try {
      return await commitContent(this.#context, content);
    } finally {
      this.#done(generation);
    }
  }

  #done(generation: number): void {
    if (generation !== this.#generation) return;
    this.#inFlight -= 1;
    if (this.#queue.length > 0 && this.#inFlight === 0) this.#send();
  }

  /** Sends the queue although statements are under way: they may hang on a lock that the queued commits do not need. */
  #stopWaiting(): void {
    this.#timer = undefined;
    this.#generation += 1;
    this.#inFlight = 0;
    if (this.#queue.length > 0) this.#send();
  }

  #send(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const group = this.#takeGroup();
    if (this.#queue.length > 0) this.#timer = setTimeout(() => this.#stopWaiting(), MAX_WAIT);
    const generation = this.#generation;
    this.#inFlight += 1;
    void this.#commitGroup(group).finally(() => {
      if (group.length === 1) this.#done(generation);
      // Callers that got their result may commit again at once; this lets them join the next group.
      else setImmediate(() => this.#done(generation));
    });
  }

  /**
   * Takes the next group from the queue. Two commits at one place in a history, or with one command id, are never in one
   * group: one would fail the other.
   */
  #takeGroup(): QueuedCommit[] {
    const group: QueuedCommit[] = [];
    const left: QueuedCommit[] = [];
    const places = new Set<string>();
    let [count, length, isFull] = [0, 0, false];
    for (const waiting of this.#queue) {
      isFull ||= count + waiting.events.length > MAX_GROUP.events || length + waiting.length > MAX_GROUP.length;
      const taken = placesOf(waiting);
      if (isFull || taken.some((place) => places.has(place))) {
        left.push(waiting);
        continue;
      }
      group.push(waiting);
      count += Math.max(1, waiting.events.length);
      length += waiting.length;
      for (const place of taken) places.add(place);
    }
    this.#queue = left;
    return group;
  }

  async #commitGroup(group: readonly QueuedCommit[]): Promise<void> {
    const [only] = group;
    if (only !== undefined && group.length === 1) return await this.#respond(only, commitContent(this.#context, only));
    try {
      await insertGroup(
        this.#context,
        group.flatMap(({ events }) => events),
        group.flatMap(({ command }) => command ?? []),
      );
    } catch (error) {
      await Promise.all(
        group.map((waiting) => this.#respond(waiting, resolveFailedGroup(this.#context, waiting, error))),
      );
      return;
    }
    for (const { events, resolve } of group) resolve(ok(committedEvents(events)));
  }

  async #respond({ resolve, reject }: QueuedCommit, result: Promise<CommandCommitResult>): Promise<void> {
    await result.then(resolve, reject);
  }
}

function lengthOf(events: readonly EncodedEvent[]): number {
  let length = 0;
  for (const { json } of events) length += json.length;
  return length;
}

/** The keys of its rows in unique indexes. */
function placesOf({ events, command }: CommitContent): string[] {
  const places = events.map(({ event }) => `${event.aggregateId.hex} ${event.sequence}`);
  if (command !== undefined) places.push(`command ${command.aggregateId.hex} ${command.commandId}`);
  return places;
}
