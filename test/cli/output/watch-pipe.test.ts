import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { newHandle } from '../../../src/cli/output/watch-pipe.js';

const MODULE = fileURLToPath(new URL('../../../src/cli/output/watch-pipe.ts', import.meta.url));
/** Longer than it ever takes, and short enough not to be taken for a test that hangs. */
const PATIENCE = 30_000;
const GONE = `Node ${process.version} has taken away what src/cli/output/watch-pipe.ts relies on: \`maestro tail -f | head -1\` does not end any more until another event comes.`;

// Nothing is promised elsewhere.
if (process.platform === 'linux') {
  test('this Node still has the handle with which a pipe is watched', (t) => {
    t.notThrows(newHandle, GONE);
    t.truthy(newHandle(), GONE);
  });

  test('a process that writes nothing learns that its reader is gone, and not before', async (t) => {
    const program = `import { watchPipe } from ${JSON.stringify(MODULE)};
      watchPipe(() => process.exit(7)); setTimeout(() => process.exit(8), ${PATIENCE});
      process.stdout.write('first'); process.on('message', () => process.send('still here'));`;
    // A shell in between, since Node's own pipes to a child are sockets.
    const child = spawn(
      'bash',
      [
        '-c',
        '"$@" > >(head -c 5 >&2; read -r _ <&4)',
        'bash',
        process.execPath,
        '--import=tsx',
        '--input-type=module',
        '-e',
        program,
      ],
      { stdio: ['ignore', 'ignore', 'pipe', 'ipc', 'pipe'] },
    );
    t.teardown(() => child.kill('SIGKILL'));
    await once(child.stderr as NodeJS.ReadableStream, 'data');
    child.send('there?');
    t.deepEqual((await once(child, 'message'))[0], 'still here');
    (child.stdio[4] as NodeJS.WritableStream).end('\n');
    t.is((await once(child, 'exit'))[0], 7, GONE);
  });
}
