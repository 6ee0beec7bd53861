#!/usr/bin/env node
import { run } from '../src/cli/run.js';
import { systemContext } from '../src/cli/system-context.js';

process.exitCode = await run(process.argv.slice(2), systemContext());
