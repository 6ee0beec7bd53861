import { DONE, type Program, type Step } from './program.js';
import { head } from './read-model.js';

/** Bodies of the events to commit, by aggregate. */
export type Commit = Readonly<Record<string, readonly string[]>>;

/** The heads of a history are read, and events are inserted after them; a taken sequence makes it begin anew. */
export function inserting(commit: Commit, next: string): Program['steps'] {
  return {
    'reads the heads': (session) => {
      session.my = {};
      for (const aggregate of Object.keys(commit)) session.my[aggregate] = head(session, aggregate) + 1;
      return 'inserts its events';
    },
    'inserts its events': {
      tables: ['log shared'],
      run: (session) => {
        for (const [aggregate, events] of Object.entries(commit))
          for (const [index, body] of events.entries()) {
            const sequence = Number(session.my[aggregate]) + index;
            if (!session.insert(`event ${aggregate} ${sequence}`, body)) {
              session.rollback();
              return 'reads the heads';
            }
            session.says(`${aggregate} ${sequence}`);
          }
        return next;
      },
    },
  };
}

/** The last step of a writer. */
export const committing: Step['run'] = (session) => {
  session.commit();
  session.my = {};
  return DONE;
};

/** A writer that knows nothing of positions, such as an application in Elixir, or a group commit. */
export function writer(name: string, commit: Commit): Program {
  return { name, restarts: false, rests: [], steps: { ...inserting(commit, 'commits'), commits: committing } };
}

/** Inserts one event at a sequence of its own choice, whatever is before it. */
export function sqlWriter(name: string, aggregate: string, sequence: number, body: string): Program {
  return {
    name,
    restarts: false,
    rests: [],
    steps: {
      'inserts an event': {
        tables: ['log shared'],
        run: (session) => {
          if (!session.insert(`event ${aggregate} ${sequence}`, body)) return DONE;
          session.says(`${aggregate} ${sequence}`);
          return 'commits';
        },
      },
      commits: committing,
    },
  };
}
