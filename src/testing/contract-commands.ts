import assert from 'node:assert/strict';
import type { NewEvent } from '../events.js';
import type { Timestamp } from '../hlc/timestamp.js';
import type { NewCommand } from '../store/commit/commit-content.js';
import { clock, history, idOf, rejects, type PromiseOf } from './contract-samples.js';

/** A command with these events; with another digest it is another command. */
function commandOf(aggregateId: Timestamp, commandId: string, events: readonly NewEvent[], digest = 'a'): NewCommand {
  const firstSequence = events[0]?.sequence ?? 1;
  const lastSequence = firstSequence + events.length - 1;
  return { aggregateId, commandId, digest: digest.repeat(64), firstSequence, lastSequence };
}

/** The promises of a store that remembers commands; a store without `commitCommand` makes none of them. */
export function commandPromises(promise: PromiseOf): void {
  promise('a command is remembered with its events, and a second one with its id commits nothing', async (store) => {
    if (store.commitCommand === undefined || store.getCommand === undefined) return;
    const [one, two, three] = history(3);
    assert.ok(one && two && three);
    const id = one.aggregateId;
    const command = commandOf(id, 'first', [one, two]);
    assert.equal(await store.getCommand(id, 'first'), undefined);
    assert.deepEqual(await store.commitCommand(command, [one, two]), { ok: true, value: [one, two] });
    const { digest, firstSequence, lastSequence } = command;
    assert.deepEqual(await store.getCommand(id, 'first'), { digest, firstSequence, lastSequence });

    // Also when the sequence is free, and when another command has the id.
    for (const again of [command, commandOf(id, 'first', [three], 'b')])
      assert.deepEqual(await store.commitCommand(again, [three]), { ok: false, error: 'repeated_command' });
    // Also when the sequence is taken.
    assert.deepEqual(await store.commitCommand(command, [one, two]), { ok: false, error: 'repeated_command' });
    assert.equal((await store.getEvents(id, 1)).length, 2);
    assert.deepEqual(await store.getCommand(id, 'first'), { digest, firstSequence, lastSequence });
  });

  promise('a command whose sequence is taken is not remembered', async (store) => {
    if (store.commitCommand === undefined || store.getCommand === undefined) return;
    const events = history(2);
    const id = idOf(events);
    await store.commitEvents(events);
    const late = events.slice(1).map((event) => ({ ...event, timestamp: clock.now() }));
    const command = commandOf(id, 'late', late);
    assert.deepEqual(await store.commitCommand(command, late), { ok: false, error: 'retry_command' });
    assert.equal(await store.getCommand(id, 'late'), undefined);
  });

  promise('a command without events is remembered, too', async (store) => {
    if (store.commitCommand === undefined || store.getCommand === undefined) return;
    const id = clock.now();
    const command = commandOf(id, 'nothing to do', []);
    assert.deepEqual(await store.commitCommand(command, []), { ok: true, value: [] });
    const { digest } = command;
    assert.deepEqual(await store.getCommand(id, 'nothing to do'), { digest, firstSequence: 1, lastSequence: 0 });
    assert.deepEqual(await store.commitCommand(command, []), { ok: false, error: 'repeated_command' });
  });

  promise('a command id belongs to one aggregate, and is kept character by character', async (store) => {
    if (store.commitCommand === undefined || store.getCommand === undefined) return;
    const ids = ['a', 'A', ' a', "O'Brien\n, {} \\ \t", '🎭'.repeat(200), 'é', 'e\u0301'];
    const [first, second] = [clock.now(), clock.now()];
    for (const id of [first, second])
      for (const commandId of ids)
        assert.deepEqual(await store.commitCommand(commandOf(id, commandId, []), []), { ok: true, value: [] });
    for (const commandId of ids)
      assert.deepEqual(await store.commitCommand(commandOf(second, commandId, []), []), {
        ok: false,
        error: 'repeated_command',
      });
  });

  promise('a command id that cannot be kept as it is is refused', async (store) => {
    if (store.commitCommand === undefined) return;
    for (const commandId of ['', 'x'.repeat(201), 'a\0', '\ud800'])
      await rejects(store.commitCommand(commandOf(clock.now(), commandId, []), []), 'MAESTRO_INVALID_ARGUMENT');
  });

  promise('of many commits of one command at the same moment one takes effect', async (store) => {
    const commit = store.commitCommand?.bind(store);
    if (commit === undefined) return;
    const id = clock.now();
    const attempts = Array.from({ length: 16 }, () =>
      history(2).map((event, index) => ({ ...event, aggregateId: id, sequence: index + 1 })),
    );
    const results = await Promise.all(attempts.map((events) => commit(commandOf(id, 'same', events), events)));
    assert.equal(results.filter(({ ok }) => ok).length, 1);
    assert.deepEqual(new Set(results.map((result) => (result.ok ? 'committed' : result.error))).size, 2);
    assert.ok(results.every((result) => result.ok || result.error === 'repeated_command'));
    assert.equal((await store.getEvents(id, 1)).length, 2);
  });
}
