import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Runs the fault suite with its full rounds (or only the files given), and prints what it has shown as a table. */
const folder = mkdtempSync(join(tmpdir(), 'maestro-faults-'));
const figures = join(folder, 'figures.ndjson');
const start = performance.now();
/** Files with rounds: few in `npm test`, all of them here. */
const FILES = [
  'test/faults/*.test.ts',
  'test/cli/settings-matrix.test.ts',
  'test/cli/input/ids.test.ts',
  'test/cli/render/words.test.ts',
  'test/store/read/stream-events.test.ts',
  'test/projection/model/protocol.test.ts',
];
const files = process.argv.slice(2);
const child = spawn(
  process.execPath,
  [
    '--import=tsx',
    fileURLToPath(new URL('test.ts', import.meta.url)),
    ...(files.length === 0 ? FILES : files),
    '--timeout=15m',
  ],
  { stdio: 'inherit', env: { ...process.env, MAESTRO_FAULTS: 'full', MAESTRO_FIGURES: figures } },
);
const [code] = (await once(child, 'exit')) as [number | null];
const shown = existsSync(figures) ? readFileSync(figures, 'utf8').trim().split('\n') : [];
console.log('\n| case | shown |\n| --- | --- |');
for (const line of shown.sort()) {
  const { name, shown: text } = JSON.parse(line) as { name: string; shown: string };
  console.log(`| ${name} | ${text} |`);
}
console.log(`\n${shown.length} figures in ${Math.round((performance.now() - start) / 1000)} s`);
rmSync(folder, { recursive: true, force: true });
process.exit(code ?? 1);
