import type { Knex } from 'knex';
import { ownProperty } from '../aggregate/fold/own-property.js';
import type { AnyProjection, HandledEvent, Handlers, ReadModelDefinition } from './definition.js';

/** True when a projection or subscription has a handler for events of a type, given by its newest name. */
export function hasHandler(projection: AnyProjection, type: string): boolean {
  if (projection.kind === 'subscription') return handlerFor(projection.handle, type) !== undefined;
  const { project, projectBatch } = projection;
  return projectBatch !== undefined || (project !== undefined && handlerFor(project, type) !== undefined);
}

/** The handler for events of a type, given by its newest name. */
export function handlerFor<Handler extends (...parameters: never) => unknown>(
  handlers: Handlers<Handler>,
  type: string,
): Handler | undefined {
  return typeof handlers === 'function' ? handlers : ownProperty(handlers, type);
}

/**
 * Has a projection take in events, those of each aggregate in order. Together, which is for catching up, they go to `projectBatch` where
 * there is one; one by one, which is for the events of a commit, only where there is nothing else. Throws what handlers throw.
 */
export async function runHandlers(
  { project, projectBatch }: ReadModelDefinition,
  events: readonly HandledEvent[],
  transaction: Knex.Transaction,
  mode: 'together' | 'one by one',
): Promise<void> {
  if (projectBatch !== undefined && (mode === 'together' || project === undefined)) {
    if (events.length > 0) await projectBatch(events, transaction);
    return;
  }
  for (const event of events) await handlerFor(project ?? {}, event.type)?.(event, transaction);
}
