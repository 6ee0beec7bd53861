import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Clock } from '../../dist/src/index.js';
import { inBuiltCommand, type Taken } from '../built-command.js';
import type { Contender } from '../contenders/contender.js';
import type { Run, Workload } from '../measure.js';

const TIMES = 5;

/** X1: duration of commands from outside, beside a Node process that does nothing. */
export async function startUps(
  maestro: Contender,
  { url, schema }: { readonly url: string; readonly schema: string },
): Promise<{ readonly workloads: Workload[]; readonly close: () => void }> {
  const folder = mkdtempSync(join(tmpdir(), 'maestro-bench-'));
  const id = new Clock().now();
  await maestro.commit(id, 1, 20);
  const bodies = join(folder, 'events.ndjson');
  writeFileSync(bodies, '{"type":"happened","body":{"n":1}}\n'.repeat(20));
  const embedded = join(folder, 'data');
  await inBuiltCommand(['migrate', '--data-dir', embedded], { cwd: folder });
  await inBuiltCommand(['append', id.hex, '--file', bodies, '--data-dir', embedded], { cwd: folder });
  const workload = (what: string, argv: readonly string[], goal?: number): Workload => ({
    id: `X1 ${what}`,
    title: `\`maestro ${what}\``,
    unit: 's',
    isTime: true,
    floors: ['node -e 0'],
    ...(goal === undefined ? {} : { goal }),
    contenders: {
      maestro: () => timed(() => inBuiltCommand(argv, { cwd: folder })),
      'node -e 0': () => timed(() => inBuiltCommand(['0'], { program: '-e' })),
    },
  });
  return {
    workloads: [
      workload('--version', ['--version'], 1.2),
      workload('events, server', ['events', id.hex, '--url', url, '--schema', schema], 2.3),
      workload('events, embedded', ['events', id.hex, '--data-dir', embedded]),
    ],
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
}

async function timed(run: () => Promise<Taken>): Promise<Run> {
  const latencies: number[] = [];
  for (let time = 0; time < TIMES; time += 1) latencies.push((await run()).seconds * 1000);
  const seconds = latencies.reduce((sum, one) => sum + one, 0) / 1000;
  return { count: TIMES, seconds, latencies, memory: Number.NaN };
}
