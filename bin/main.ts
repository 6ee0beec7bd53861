import { run } from '../src/cli/run.js';
import { leave, systemContext } from '../src/cli/system-context.js';

await leave(await run(process.argv.slice(2), systemContext()));
