import { ok } from '../../result.js';
import type { CommitContext } from './commit-context.js';
import { commitContent } from './commit-events.js';
import { resolveFailedGroup } from './failed-group.js';
import { insertGroup } from './insert-events.js';
import type { CommandCommitResult } from '../store.js';
import { type CommitContent, lengthOf } from './commit-content.js';
import { committedEvents } from './validate.js';

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
  readonly resolve: (result: CommandCommitResult | Promise<CommandCommitResult>) => void;
  readonly reject: (error: unknown) => void;
}

/** Takes a commit that a queue does not send itself. */
export type Redirect = (content: CommitContent) => Promise<CommandCommitResult>;

/**
 * A queue of commits: those that arrive while another one is under way are sent together, in one statement, which costs one
 * round trip and one WAL flush for all of them. A commit that finds nothing under way is sent at once. Each commit
 * stays atomic and gets its own result, also when the shared statement fails.
 */
export class CommitQueue {
  readonly #context: CommitContext;
  readonly #beforeGroup: () => Redirect | undefined | Promise<Redirect | undefined>;
  readonly #onIdle: () => void;
  #queue: QueuedCommit[] = [];
  /** Statements of the current generation that have not ended. */
  #inFlight = 0;
  /** Grows when waiting took too long; statements of older generations are no longer waited for. */
  #generation = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    context: CommitContext,
    {
      beforeGroup = () => undefined,
      onIdle = () => {},
    }: {
      /** Is asked before commits are sent together: when they must not be, who takes each of them instead. */
      readonly beforeGroup?: () => Redirect | undefined | Promise<Redirect | undefined>;
      /** Is called when nothing waits and nothing is under way, perhaps more than once. */
      readonly onIdle?: () => void;
    } = {},
  ) {
    this.#context = context;
    this.#beforeGroup = beforeGroup;
    this.#onIdle = onIdle;
  }

  /** Commits as {@link commitContent} does, without projections. */
  commit(content: CommitContent): Promise<CommandCommitResult> {
    const { events, command } = content;
    const atOnce = this.whenIdle(() => commitContent(this.#context, content));
    if (atOnce !== undefined) return atOnce;
    return new Promise((resolve, reject) => {
      this.#queue.push({ events, command, length: lengthOf(events), resolve, reject });
      this.#timer ??= setTimeout(() => this.#stopWaiting(), MAX_WAIT);
    });
  }

  /** Runs a commit at once, if nothing waits and nothing is under way: what arrives meanwhile waits for it. */
  whenIdle<Value>(work: () => Promise<Value>): Promise<Value> | undefined {
    return this.#inFlight === 0 && this.#queue.length === 0 ? this.#atOnce(work) : undefined;
  }

  async #atOnce<Value>(work: () => Promise<Value>): Promise<Value> {
    const generation = this.#generation;
    this.#inFlight += 1;
    try {
      return await work();
    } finally {
      this.#done(generation);
    }
  }

  #done(generation: number): void {
    if (generation !== this.#generation) return;
    this.#inFlight -= 1;
    if (this.#inFlight > 0) return;
    if (this.#queue.length > 0) this.#send();
    else this.#onIdle();
  }

  /** Sends the queue although statements are under way: they may hang on a lock that the queued commits do not need. */
  #stopWaiting(): void {
    this.#timer = undefined;
    this.#generation += 1;
    this.#inFlight = 0;
    if (this.#queue.length > 0) this.#send();
  }

  #send(): void {
    const redirect = this.#beforeGroup();
    if (!(redirect instanceof Promise)) return this.#sendGroup(redirect);
    const generation = this.#generation;
    this.#inFlight += 1;
    void redirect.then((found) => {
      // When this took too long, others have sent the queue meanwhile.
      if (generation !== this.#generation) return;
      this.#inFlight -= 1;
      this.#sendGroup(found);
    });
  }

  #sendGroup(redirect: Redirect | undefined): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (redirect !== undefined) {
      for (const { events, command, resolve } of this.#queue.splice(0)) resolve(redirect({ events, command }));
      return;
    }
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

/** The keys of its rows in unique indexes. */
function placesOf({ events, command }: CommitContent): string[] {
  const places = events.map(({ event }) => `${event.aggregateId.hex} ${event.sequence}`);
  if (command !== undefined) places.push(`command ${command.aggregateId.hex} ${command.commandId}`);
  return places;
}
