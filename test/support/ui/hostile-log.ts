import { defineAggregate } from '../../../src/aggregate/definition/define-aggregate.js';
import type { Timestamp } from '../../../src/hlc/timestamp.js';
import type { PostgresStore } from '../../../src/store/postgres-store.js';
import { anEvent, anId } from '../data/factories.js';
import { HOSTILE, HOSTILE_MARKUP } from '../data/hostile-text.js';

/** All text that a terminal or a browser could take for more than text. */
export const HOSTILE_TEXTS = [...HOSTILE_MARKUP, ...HOSTILE];

/** The types that hostile text can be: short, and without what controls a terminal. */
const TYPES = HOSTILE_MARKUP.filter((text) => !/\p{Cc}/u.test(text));

/** An aggregate whose state is all that it was told, and whose rendering and errors repeat it. */
export const Parrot = defineAggregate({
  name: 'parrot',
  initialState: (): Record<string, unknown> => ({}),
  commands: {},
  events: Object.fromEntries(
    [...TYPES, 'said'].map((type) => [
      type,
      (state: Record<string, unknown>, { text, fails }: { text: string; fails?: boolean }) => {
        if (fails === true) throw new Error(text);
        return { ...state, [text]: text, last: text };
      },
    ]),
  ),
  owns: { firstEvents: ['said', ...TYPES] },
  render: (state) => Object.values(state).join('\n'),
});

/** Fills a log with aggregates in which every text is hostile, and answers their ids. */
export async function fillWithHostileText(store: PostgresStore): Promise<readonly [Timestamp, Timestamp]> {
  const ids = [anId(), anId()] as const;
  for (const [which, id] of ids.entries())
    await store.commitEvents(
      HOSTILE_TEXTS.map((text, index) =>
        anEvent(id, {
          sequence: index + 1,
          type: TYPES[index] ?? 'said',
          body: {
            text,
            list: [text],
            nested: { [text]: { [text]: text } },
            ...(which === 1 && { fails: index % 9 === 8 }),
          },
          metadata: { by: text, [text]: text },
        }),
      ),
    );
  return ids;
}
