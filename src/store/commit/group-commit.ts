import type { Layout } from '../layout/layout.js';
import { knownLayout, layoutAt } from '../layout/read-layout.js';
import { traitsOf } from '../layout/traits.js';
import type { CommandCommitResult } from '../store.js';
import { type CommitContent, lengthOf } from './commit-content.js';
import type { CommitContext } from './commit-context.js';
import { commitContent } from './commit-events.js';
import { CommitQueue, type Redirect } from './commit-queue.js';

/** Larger commits are sent by themselves: grouping gains them nothing, and others would wait for them. */
const MAX_COMMIT = { events: 20, length: 16 * 1024 };

/**
 * Group commit: sends commits together that arrive while others are under way, as {@link CommitQueue} does. On one server all of them are
 * in one queue. Where a statement must not be about several aggregates, each aggregate has a queue of its own, all side by side on the
 * connections of the pool, and a commit of several aggregates is sent by itself.
 */
export class GroupCommit {
  readonly #context: CommitContext;
  readonly #all: CommitQueue;
  /** Queues by aggregate, as long as something waits or is under way in them. */
  readonly #byAggregate = new Map<string, CommitQueue>();

  constructor(context: CommitContext) {
    this.#context = context;
    this.#all = new CommitQueue(context, { beforeGroup: () => this.#redirect() });
  }

  /** Commits as {@link commitContent} does, without projections. */
  commit(content: CommitContent): Promise<CommandCommitResult> {
    const { events } = content;
    if (events.length > MAX_COMMIT.events || lengthOf(events) > MAX_COMMIT.length)
      return commitContent(this.#context, content);
    const { knex, schema } = this.#context;
    const layout = knownLayout(knex, schema);
    const redirect = layout === undefined ? undefined : this.#redirectFor(layout);
    return redirect === undefined ? this.#all.commit(content) : redirect(content);
  }

  /** Runs a commit that is in a form of its own, unless others are under way, with which it is to go together. */
  whenIdle<Value>(work: () => Promise<Value>): Promise<Value> | undefined {
    return this.#all.whenIdle(work);
  }

  /**
   * The way of commits that must not be in one group; asks the database for its layout when that is not known. When it cannot be asked,
   * the statement of the group will tell.
   */
  #redirect(): Redirect | undefined | Promise<Redirect | undefined> {
    const { knex, schema } = this.#context;
    const layout = layoutAt(knex, schema);
    if (!(layout instanceof Promise)) return this.#redirectFor(layout);
    return layout.then(
      (found) => this.#redirectFor(found),
      () => undefined,
    );
  }

  #redirectFor(layout: Layout): Redirect | undefined {
    if (traitsOf(layout).groups === 'any aggregates') return undefined;
    return (content) => this.#commitByAggregate(content);
  }

  #commitByAggregate(content: CommitContent): Promise<CommandCommitResult> {
    const id = aggregateOf(content);
    if (id === undefined) return commitContent(this.#context, content);
    let queue = this.#byAggregate.get(id);
    if (queue === undefined) {
      queue = new CommitQueue(this.#context, {
        onIdle: () => {
          if (this.#byAggregate.get(id) === queue) this.#byAggregate.delete(id);
        },
      });
      this.#byAggregate.set(id, queue);
    }
    return queue.commit(content);
  }
}

/** The aggregate of a commit, in hex digits; `undefined` when it has several. */
function aggregateOf({ events, command }: CommitContent): string | undefined {
  const ids = new Set(events.map(({ event }) => event.aggregateId.hex));
  if (command !== undefined) ids.add(command.aggregateId.hex);
  const [id] = ids;
  return ids.size === 1 ? id : undefined;
}
