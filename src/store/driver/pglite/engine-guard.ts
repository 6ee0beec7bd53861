import { ENGINE_STOPPED } from '../driver-error.js';
import type { Ask, AskingEngine } from '../relied-upon.js';

/**
 * Keeps an engine that has stopped from being asked again, since it would never answer and hold the process up: PostgreSQL
 * stops itself when it cannot write its log, and WebAssembly when it breaks. What made it stop is thrown as it is, and
 * repeated with the code {@link ENGINE_STOPPED} for everything after that; closing does nothing then.
 */
export function guardEngine<Engine extends object>(engine: Engine): Engine {
  const asking = engine as AskingEngine;
  let stopped: { readonly error: unknown; readonly message: string } | undefined;
  const guarded = (ask: Ask, isStatement: boolean): Ask => {
    return async (...words) => {
      // What a statement still sends after the message that failed must not hide why it failed.
      if (stopped !== undefined)
        throw isStatement ? Object.assign(new Error(stopped.message), { code: ENGINE_STOPPED }) : stopped.error;
      try {
        return await ask.apply(engine, words);
      } catch (error) {
        // Knex puts the statement in front of the message.
        if (hasStopped(error)) stopped ??= { error, message: (error as Error).message };
        throw error;
      }
    };
  };
  const { query, exec, execProtocol, execProtocolStream, close } = asking;
  return Object.assign(engine, {
    execProtocol: guarded(execProtocol, false),
    execProtocolStream: guarded(execProtocolStream, false),
    query: guarded(query, true),
    exec: guarded(exec, true),
    close: async () => {
      if (stopped === undefined) await close.call(engine);
    },
  });
}

function hasStopped(error: unknown): boolean {
  const { severity, name } = error as { severity?: unknown; name?: unknown };
  return severity === 'PANIC' || name === 'RuntimeError';
}
