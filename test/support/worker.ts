import { appendFileSync } from 'node:fs';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { childSeconds, ownSeconds } from '../../scripts/support/costs.js';

/** Run by AVA in the process of each test file, before the file: notes at the end what the file has cost. */
const costs = process.env['MAESTRO_TEST_COSTS'];
const begin = performance.now();
if (costs !== undefined)
  process.on('exit', () => {
    const file = relative(process.cwd(), fileURLToPath(test.meta.file));
    const elapsed = (performance.now() - begin) / 1000;
    appendFileSync(costs, `${JSON.stringify({ file, elapsed, own: ownSeconds(), children: childSeconds() })}\n`);
  });
