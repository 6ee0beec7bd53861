import type { NewEvent } from '../../../events.js';
import type { Timestamp } from '../../../hlc/timestamp.js';
import { objectText, RawJson } from '../../../json/text/object-text.js';
import { textApart } from '../../../store/event-metadata.js';
import { encodeEvents } from '../../../store/commit/validate.js';
import type { Output } from '../../output/output.js';
import { printFacts } from '../../output/print-facts.js';
import { indented } from '../../../json/text/indented.js';
import type { AppendTrial } from './append-trial.js';

/** Prints events that would be appended, with the state after them if handlers fold it. A new aggregate has no id yet. */
export async function printDryRun(
  id: Timestamp | undefined,
  events: readonly NewEvent[],
  trial: AppendTrial | undefined,
  output: Output,
): Promise<void> {
  const encoded = encodeEvents(events).map(({ event: { sequence, type }, json }) => {
    return { sequence, type, ...textApart(json) };
  });
  const items = encoded.map(({ sequence, type, body, metadata }) =>
    objectText({ sequence, type, body: new RawJson(body), metadata: metadata && new RawJson(metadata) }),
  );
  const state = trial?.state;
  const json = {
    aggregateId: id?.hex ?? null,
    sequences: encoded.map(({ sequence }) => sequence),
    dryRun: true,
    aggregate: trial?.aggregate ?? null,
    events: new RawJson(`[${items.join(',')}]`),
    state: new RawJson(state ?? 'null'),
  };
  await printFacts(output, {
    // An aggregate to come has no id yet.
    ids: id === undefined ? [] : [id.hex],
    json,
    facts: [
      ['aggregate', id?.hex ?? 'a new one'],
      ...encoded.flatMap(({ sequence, type, body, metadata }) => [
        [`event ${sequence}`, `${type} ${body}`] as const,
        ...(metadata === undefined ? [] : [[`metadata of ${sequence}`, metadata] as const]),
      ]),
      ['state after', howFolded(trial)],
    ],
    ...(state === undefined ? {} : { below: indented(state) }),
  });
  const unchecked = state === undefined ? [] : (trial?.unchecked(encoded.map(({ type }) => type)) ?? []);
  if (unchecked.length > 0)
    await output.note(
      `${trial?.aggregate} has no schema for ${unchecked.join(', ')}, so it was only checked that the body can be folded, not what is in it`,
    );
  await output.note('this was a dry run: nothing was written');
}

function howFolded(trial: AppendTrial | undefined): string {
  if (trial === undefined) return 'not known: no configured definition owns this aggregate';
  return trial.state === undefined
    ? 'none: the events cannot be folded'
    : `folded by the handlers of ${trial.aggregate}`;
}
