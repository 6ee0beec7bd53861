import test from 'ava';
import { Hono } from 'hono/tiny';
import type { SampleBank } from '../../scripts/support/sample-bank.js';
import { sampleScreens } from '../../scripts/support/sample-screens.js';
import type { UiContext } from '../../src/ui/context.js';
import { SCREENS } from '../../src/ui/screens.js';
import { anEvent, anId } from '../support/data/factories.js';

test('every route of the pages has a sample, which tests with a browser and the pictures show', (t) => {
  const bank: SampleBank = { account: anId(), other: anId(), owner: 'Ada', last: 3, wrong: anEvent() };
  const samples = Object.values(sampleScreens(bank)).map((address) => new URL(address, 'http://localhost').pathname);
  const app = new Hono();
  // Nothing is asked of it before a request comes.
  const ui = { aggregates: [] } as unknown as UiContext;

  for (const { register } of SCREENS) {
    const before = app.routes.length;
    register(app, ui);
    const own = app.routes.slice(before).map(({ path }) => path);
    t.true(own.length > 0);
    // What a module of a page reads is no page.
    for (const route of own.filter((path) => !path.endsWith('/stream'))) {
      const pattern = new RegExp(`^${route.replace(/:\w+/g, '[^/]+')}$`);
      t.true(
        samples.some((path) => pattern.test(path)),
        `scripts/support/sample-screens.ts has no sample of ${route}`,
      );
    }
  }
});
