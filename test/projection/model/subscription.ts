import { aggregates } from './read-model.js';
import type { Protocol } from './rules.js';
import { type Session, WAIT } from './session.js';
import type { Program } from './program.js';
import type { Rows } from './state.js';

/** Options of a worker of a subscription. */
export interface SubscriptionOptions {
  /** True when its handler writes in the transaction that moves the position. */
  readonly writes: boolean;
}

/** A worker of a subscription, copy `s`: claims an aggregate, runs the handler, and moves the position. */
export function subscriptionWorker(name: string, protocol: Protocol, { writes }: SubscriptionOptions): Program {
  const idle = (session: Session): string => {
    session.rollback();
    session.my = {};
    return 'looks for work';
  };
  const last = protocol.keeps('a subscription moves the position last');
  const checks = protocol.keeps('a subscription matches lease and position');
  return {
    name,
    restarts: true,
    rests: ['looks for work'],
    steps: {
      'looks for work': (session) => {
        const work = aggregates(session).filter((aggregate) => {
          const next = session.number(`position s ${aggregate}`) + 1;
          return session.read(`event ${aggregate} ${next}`) !== undefined && isFree(session.read(`lease ${aggregate}`));
        });
        if (work.length === 0) throw WAIT;
        session.my['aggregate'] = session.pick(work);
        return 'claims it';
      },
      'claims it': (session) => {
        const aggregate = String(session.my['aggregate']);
        session.put(`lease ${aggregate}`, (now) => (isFree(now) ? name : now));
        if (session.read(`lease ${aggregate}`) !== name) return idle(session);
        session.commit();
        return 'reads the event';
      },
      'reads the event': (session) => {
        const aggregate = String(session.my['aggregate']);
        const sequence = session.number(`position s ${aggregate}`) + 1;
        const event = session.read(`event ${aggregate} ${sequence}`);
        if (event === undefined) return 'releases it';
        session.my = { aggregate, sequence, event };
        session.says(`${aggregate} ${sequence}`);
        return last ? 'runs the handler' : 'moves the position';
      },
      'runs the handler': (session) => {
        const { aggregate, sequence, event } = session.my;
        if (!writes) {
          // Outside of every transaction: no kill takes it back. The same again right after it is noted once.
          session.put(`sent ${String(aggregate)}`, (now) => {
            const sent = (now as string[] | undefined) ?? [];
            return sent.at(-1) === event ? sent : [...sent, event as string];
          });
          session.commit();
        }
        session.says(`${String(aggregate)} ${String(sequence)}`);
        return last ? 'moves the position' : 'releases it';
      },
      'moves the position': {
        tables: ['positions shared'],
        sees: (key) => key.startsWith('position ') || key.startsWith('lease '),
        run: (session) => {
          const { aggregate, sequence, event } = session.my;
          const position = `position s ${String(aggregate)}`;
          if (checks && session.lock(`lease ${String(aggregate)}`, (now) => now === name) === undefined)
            return idle(session);
          if (session.read(position) === undefined) session.insert(position, 0);
          const before = session.lock(position, (now) => now === Number(sequence) - 1 || !checks);
          if (before === undefined) return idle(session);
          session.put(position, () => sequence);
          if (writes)
            session.put(`written ${String(aggregate)}`, (now) => [
              ...((now as string[] | undefined) ?? []),
              event as string,
            ]);
          return last ? 'commits' : 'commits the position';
        },
      },
      'commits the position': (session) => {
        session.commit();
        return 'runs the handler';
      },
      commits: (session) => {
        session.put(`lease ${String(session.my['aggregate'])}`, (now) => (now === name ? undefined : now));
        session.commit();
        return idle(session);
      },
      'releases it': (session) => {
        session.put(`lease ${String(session.my['aggregate'])}`, (now) => (now === name ? undefined : now));
        session.commit();
        return idle(session);
      },
    },
  };
}

const EXPIRED = 'expired';

function isFree(lease: unknown): boolean {
  return lease === undefined || lease === EXPIRED;
}

/** The time that passes: some lease expires, however often. */
export function time(aggregate: string): Program {
  return {
    name: 'time',
    restarts: false,
    rests: ['lets a lease expire'],
    steps: {
      'lets a lease expire': (session) => {
        if (isFree(session.read(`lease ${aggregate}`))) throw WAIT;
        session.put(`lease ${aggregate}`, () => EXPIRED);
        session.commit();
        return 'lets a lease expire';
      },
    },
  };
}

/** What is wrong with what a subscription has done: an event left out, out of order the first time, or twice in its transaction. */
export function subscriptionFault(rows: Rows): string | undefined {
  for (const [key, value] of Object.entries(rows)) {
    const [kind, aggregate] = key.split(' ');
    if (kind !== 'sent' && kind !== 'written') continue;
    const done = value as string[];
    const events = kind === 'sent' ? [...new Set(done)] : done;
    const position = Number(rows[`position s ${aggregate}`] ?? 0);
    for (const [index, event] of events.entries())
      if (event !== rows[`event ${aggregate} ${index + 1}`]) return `${kind} were [${done.join(' ')}]`;
    if (events.length < position) return `the position is ${position}, and ${kind} were only [${done.join(' ')}]`;
    if (kind === 'written' && events.length !== position)
      return `the position is ${position}, and written were [${done.join(' ')}]`;
  }
  return undefined;
}

/** What a subscription has not done when nobody has anything to do any more. */
export function notHandled(rows: Rows): string | undefined {
  for (const key of Object.keys(rows)) {
    const [kind, aggregate, sequence] = key.split(' ');
    if (kind !== 'event' || Number(sequence) <= Number(rows[`position s ${aggregate}`] ?? 0)) continue;
    return `nobody handles event ${sequence} of ${aggregate}`;
  }
  return undefined;
}
