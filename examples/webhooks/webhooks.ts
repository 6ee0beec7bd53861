import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import { Clock, type NewEvent, type Store, Timestamp } from 'maestro-store';

/** One delivery of GitHub: what it is about, and the payload as it was sent. */
interface Delivery {
  readonly subject: string;
  readonly type: string;
  readonly body: object;
}

/** A payload of GitHub, as far as it is looked at here. */
type Payload = Readonly<Record<string, { readonly id?: number } | string | null | undefined>>;

/** The package: for each kind of webhook some payloads. */
const webhooks = createRequire(import.meta.url)('@octokit/webhooks-examples') as readonly {
  readonly name: string;
  readonly examples: readonly Payload[];
}[];

/**
 * Keys of a payload that name its subject, the narrowest first. A payload with none of them belongs to its kind of
 * webhook.
 */
const SUBJECTS = [
  'issue',
  'pull_request',
  'discussion',
  'release',
  'check_run',
  'check_suite',
  'workflow_run',
  'deployment',
  'project_card',
  'projects_v2_item',
  'installation',
  'milestone',
  'team',
  'repository',
  'organization',
  'sender',
];

/** Age of the first delivery, in milliseconds: thirty days. */
const PERIOD = 30 * 24 * 60 * 60 * 1000;

/** Counts of a load. */
export interface Loaded {
  readonly aggregates: number;
  readonly events: number;
  /** Aggregates that were there already. */
  readonly known: number;
}

/**
 * Loads all payloads as the histories of what they are about (an issue, a pull request, a release, …), as often as
 * there are `copies`: each copy has ids of its own. Their times spread over the last thirty days. What was loaded before
 * is left as it is.
 */
export async function loadWebhooks(store: Store, copies: number): Promise<Loaded> {
  const histories = bySubject(deliveries());
  const total = copies * [...histories.values()].reduce((sum, { length }) => sum + length, 0);
  const begin = Date.now() - PERIOD;
  let count = 0;
  const clock = new Clock({ physicalTime: () => begin + Math.floor((PERIOD * count) / total) });
  let [aggregates, events, known] = [0, 0, 0];
  for (let copy = 1; copy <= copies; copy += 1)
    for (const [subject, history] of histories) {
      const aggregateId = idOf(`${copy} ${subject}`);
      const commit = history.map(({ type, body }, index): NewEvent => {
        count += 1;
        return { aggregateId, timestamp: clock.now(), sequence: index + 1, type, body };
      });
      const committed = await store.commitEvents(commit);
      if (committed.ok) {
        aggregates += 1;
        events += commit.length;
      } else known += 1;
    }
  return { aggregates, events, known };
}

/** Every payload of the package, in its order. */
export function deliveries(): Delivery[] {
  return webhooks.flatMap(({ name, examples }) =>
    examples.map((body) => {
      const type = typeof body['action'] === 'string' ? `${name}.${body['action']}` : name;
      return { subject: subjectOf(body) ?? name, type, body };
    }),
  );
}

function subjectOf(body: Payload): string | undefined {
  for (const subject of SUBJECTS) {
    const about = body[subject];
    if (typeof about === 'object' && about?.id !== undefined) return `${subject} ${about.id}`;
  }
  return undefined;
}

function bySubject(all: readonly Delivery[]): Map<string, Delivery[]> {
  const histories = new Map<string, Delivery[]>();
  for (const delivery of all) histories.set(delivery.subject, [...(histories.get(delivery.subject) ?? []), delivery]);
  return histories;
}

/** Any 16 bytes are an aggregate id: here the beginning of a hash, so that the same thing has the same id every time. */
function idOf(name: string): Timestamp {
  return Timestamp.decode(createHash('sha256').update(name).digest().subarray(0, 16));
}
