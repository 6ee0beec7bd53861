import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { watchForLeaks } from '../support/leaks.js';

test.serial('what a test file leaves is named, and nothing else', async (t) => {
  const before = { ...process.env };
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const watch = watchForLeaks(`postgres://127.0.0.1:${port}/db`, 'a');
  t.deepEqual(watch.left(), []);

  const [left, gone] = [mkdtempSync(join(tmpdir(), 'maestro-test-')), mkdtempSync(join(tmpdir(), 'maestro-test-'))];
  rmSync(gone, { recursive: true });
  const child = spawn(process.execPath, ['--eval', 'setInterval(() => {}, 1000)']);
  await once(spawn(process.execPath, ['--version']), 'exit');
  watch.turnTo('b');
  const [open, closed] = [connect(port, '127.0.0.1'), connect(port, '127.0.0.1')];
  await Promise.all([once(open, 'connect'), once(closed, 'connect')]);
  closed.destroy();
  t.deepEqual(watch.connections(), [
    { file: 'b', what: `a connection to the server is open, from port ${open.localPort}` },
  ]);
  t.deepEqual(watch.left(), [
    { file: 'a', what: `process ${child.pid} still runs: ${process.execPath} --eval setInterval(() => {}, 1000)` },
    { file: 'a', what: `a temporary file or folder is left: ${left}` },
  ]);

  open.destroy();
  watch.clear();
  t.deepEqual(await once(child, 'exit'), [null, 'SIGKILL']);
  server.close();
  Object.assign(process.env, before);
});
