import type { MessagePort } from 'node:worker_threads';
import type { PGlite } from '@electric-sql/pglite';
import {
  type EngineAnswer,
  type EngineMessage,
  type EngineOrder,
  type EngineStatement,
  factsOf,
} from './engine-messages.js';

/** Has an engine in this thread answer the statements that come through a port, until one is told to close it. */
export function serveEngine(port: MessagePort, engine: PGlite): void {
  const tell = (message: EngineMessage) => port.postMessage(message);
  port.on('message', (order: EngineOrder) => {
    if (order === 'close') return void engine.close().finally(() => port.close());
    answerOf(engine, order.statement).then(
      (answer) => tell({ answer }),
      (error: unknown) => tell({ failed: factsOf(error) }),
    );
  });
  tell('started');
}

/** Tells through the port that the engine of this thread did not start. */
export function refuseEngine(port: MessagePort, error: unknown): void {
  port.postMessage({ failed: factsOf(error) } satisfies EngineMessage);
}

async function answerOf(engine: PGlite, { sql, bindings, rowMode, texts }: EngineStatement): Promise<EngineAnswer> {
  const parsers = Object.fromEntries(texts.map((type) => [type, (text: string) => text]));
  const { rows, fields, affectedRows } = await engine.query<EngineAnswer['rows'][number]>(sql, [...bindings], {
    ...(rowMode !== undefined && { rowMode }),
    parsers,
  });
  return { rows, fields, ...(affectedRows !== undefined && { affectedRows }) };
}
