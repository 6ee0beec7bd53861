import { DONE, type Program, type Step } from './program.js';
import { apply, head } from './read-model.js';
import type { Protocol } from './rules.js';
import type { Session } from './session.js';
import { committing } from './writers.js';

/** A commit with the projection inline, in an application's transaction at REPEATABLE READ: all of it sees its first snapshot. */
export function repeatableWriter(name: string, aggregate: string, body: string, protocol: Protocol): Program {
  const copy = '1';
  const position = `position ${copy} ${aggregate}`;
  const giveUp = (session: Session): string => {
    session.rollback();
    session.my = {};
    return DONE;
  };
  /** Locks a row; at this level the transaction fails when the row was changed since its snapshot. */
  const lock = (session: Session, key: string): unknown => {
    const seen = session.read(key);
    return session.lock(key, (now) => now === seen);
  };
  const within =
    (run: Step['run']): Step['run'] =>
    (session) => {
      session.keepSnapshot();
      return run(session);
    };
  return {
    name,
    restarts: false,
    rests: [],
    steps: {
      'begins and reads the head': {
        sees: () => true,
        run: within((session) => {
          session.my['first'] = head(session, aggregate) + 1;
          return 'inserts its event';
        }),
      },
      'inserts its event': {
        tables: ['log shared'],
        run: within((session) =>
          session.insert(`event ${aggregate} ${Number(session.my['first'])}`, body)
            ? 'looks at the copy'
            : giveUp(session),
        ),
      },
      'looks at the copy': {
        tables: protocol.keeps('locks of rows come after those of tables') ? ['positions shared'] : [],
        run: within((session) => {
          const key = `copy ${copy}`;
          const locks = protocol.keeps('at REPEATABLE READ the row of the copy is locked');
          const seen = locks ? lock(session, key) : session.read(key);
          return seen === 'live 1' ? 'moves the position' : giveUp(session);
        }),
      },
      'moves the position': {
        tables: ['positions shared'],
        run: within((session) => {
          const first = Number(session.my['first']);
          if (lock(session, position) === undefined) return giveUp(session);
          if (session.read(position) !== first - 1) return 'commits';
          session.put(position, () => first);
          return 'runs its handlers';
        }),
      },
      'runs its handlers': within((session) => {
        apply(session, { version: 1 }, aggregate, [body]);
        return 'commits';
      }),
      commits: committing,
    },
  };
}
