import test from 'ava';
import { Hono } from 'hono/tiny';
import type { UiContext } from '../../../src/ui/context.js';
import { eventStream } from '../../../src/ui/streams/event-stream.js';
import { readStream } from '../../support/ui/event-stream.js';

const ui = { base: '' } as UiContext;

test('a stream on which nothing happens has comments, and ends when it is left', async (t) => {
  const app = new Hono();
  let left = (): void => {};
  const isLeft = new Promise<void>((resolve) => (left = resolve));
  app.get('/', (c) =>
    eventStream(
      c,
      ui,
      async (_send, leaving) => {
        await new Promise((resolve) => leaving.addEventListener('abort', resolve));
        left();
      },
      { keepAlive: 1 },
    ),
  );
  const stream = readStream(await app.request('/'));

  t.deepEqual(await stream.next('comment'), { name: 'comment', data: '' });
  t.deepEqual(await stream.next('comment'), { name: 'comment', data: '' });
  await stream.leave();
  await isLeft;
});

test('nothing is begun for a request without a body', async (t) => {
  const app = new Hono();
  app.get('/', (c) => eventStream(c, ui, async () => t.fail()));

  const response = await app.request('/', { method: 'HEAD' });

  t.is(response.status, 200);
  t.is(await response.text(), '');
});
