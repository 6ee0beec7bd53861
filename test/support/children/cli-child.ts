import { argv } from 'node:process';
import { run } from '../../../src/cli/run.js';
import { leave, systemContext } from '../../../src/cli/system-context.js';

/** The command line as a process of its own, made from the sources as they are now. */
await leave(await run(argv.slice(2), systemContext()));
