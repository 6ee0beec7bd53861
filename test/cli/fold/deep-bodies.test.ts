import test from 'ava';
import { MAX_FOLDED_DEPTH } from '../../../src/folding/stored-body.js';
import { type CliResult, runCli } from '../../support/cli/cli.js';
import { useTestDatabase } from '../../support/database.js';
import { aHistory, anId } from '../../support/data/factories.js';
import { insertRows } from '../../support/data/transfer.js';

const database = useTestDatabase(test);

const maestro = (argv: readonly string[]): Promise<CliResult> =>
  runCli(argv, { env: { MAESTRO_DATABASE_URL: database.url, MAESTRO_SCHEMA: database.schema } });

const nested = (levels: number) => `${'{"a": '.repeat(levels - 1)}{}${'}'.repeat(levels - 1)}`;

test('a body that is nested too deeply to be folded is a fact about the data, and printed as it is', async (t) => {
  for (const levels of [MAX_FOLDED_DEPTH + 1, 4000]) {
    const id = anId();
    const body = nested(levels);
    const timestamp = anId();
    await database.store().commitEvents(aHistory(id, 1));
    await insertRows(database, {
      events: [{ aggregateId: id, sequence: 2, timestamp, type: 'deep', body }],
      snapshots: [],
    });
    const event = await maestro(['event', timestamp.toString()]);
    t.is(event.code, 0, event.stderr);
    t.true(event.stdout.includes(`\n${body}`));
    const events = await maestro(['events', id.hex, '-o', 'ndjson']);
    t.is(events.code, 0);
    t.true(events.stdout.includes(body));
    for (const argv of [
      ['replay', id.hex],
      ['diff', id.hex, '1', '2'],
    ]) {
      const { code, stdout, stderr } = await maestro(argv);
      t.is(code, 1, `${argv.join(' ')}: ${stderr}`);
      t.is(stdout, '');
      t.true(
        stderr.includes(`error: Event 2 of ${id.hex}, a "deep", has a body that is nested deeper than 1000 levels`),
        stderr,
      );
      t.regex(stderr, /hint: The event itself can be read: `maestro events`, `event` and `export` print it\./);
    }
    t.is((await maestro(['replay', id.hex, '--max-sequence', '1'])).code, 0);
    const bisect = await maestro(['bisect', id.hex, '--where', '$.n == 1']);
    t.is(bisect.code, 0);
    t.true(bisect.stderr.includes(`warning: Event 2 was skipped: Event 2 of ${id.hex}, a "deep"`), bisect.stderr);
    const steps = await maestro(['replay', id.hex, '--steps']);
    t.is(steps.code, 1);
    t.regex(steps.stdout, /nested deeper than 1000 levels/);
  }
});
