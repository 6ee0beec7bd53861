import test from 'ava';
import { uiHandler, type UiOptions } from '../../src/ui/index.js';
import { InvalidArgumentError } from '../../src/errors.js';
import { openDatabase } from '../../src/connection/open-database.js';
import { anEvent } from '../support/data/factories.js';
import { HOSTILE } from '../support/data/hostile-text.js';
import { useTestDatabase } from '../support/database.js';
import { uiOf } from '../support/ui/ui-client.js';

const database = useTestDatabase(test);
const ui = uiOf(database);

test('below a base every link and every file has it', async (t) => {
  const mounted = uiOf(database, { base: '/admin/maestro', label: 'staging' });
  for (const path of ['/admin/maestro', '/admin/maestro/']) {
    const page = await mounted.get(path);
    t.is(page.status, 200, path);
    for (const link of page.links) t.regex(link, /^(?:\/admin\/maestro(?:\/|$)|#|data:,)/);
    const [script = ''] = /\/admin\/maestro\/assets\/[^"]*main\.js/.exec(page.html) ?? [];
    const file = await mounted.request(script);
    t.is(file.headers.get('content-type'), 'text/javascript; charset=utf-8');
    t.regex(file.headers.get('cache-control') ?? '', /immutable/);
    t.true(page.html.includes('class="labelled amber"'));
  }
  t.is((await mounted.get('/')).status, 404);
});

test('a label has the colour of what it says, and red where it may be production', async (t) => {
  const colours = {
    production: 'red',
    'latest-live': 'red',
    'non-prod': 'amber',
    preprod: 'amber',
    'QA 2': 'amber',
    dev: 'green',
    'of Ada': 'blue',
  };
  for (const [label, colour] of Object.entries(colours))
    t.true((await uiOf(database, { label }).get('/')).html.includes(`class="labelled ${colour}"`), label);
});

test('only GET and HEAD are answered, and every answer has the headers', async (t) => {
  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
    const answer = await ui.request('/', { method });
    t.is(answer.status, 405);
    t.is(answer.headers.get('allow'), 'GET, HEAD');
    t.regex(answer.headers.get('content-security-policy') ?? '', /default-src 'none'/);
  }
  t.is(await (await ui.request('/', { method: 'HEAD' })).text(), '');
});

test('a page that is not there says what is, also as a part', async (t) => {
  const page = await ui.get('/nothing/here%zz');
  t.is(page.status, 404);
  t.regex(page.text, /There is no page .*Begin with the overview/);
  const part = await ui.get('/event/none?part=state');
  t.is(part.status, 400);
  t.regex(part.html, /^<section id="state" class="error"/);
});

test('a database that cannot be reached is told with what to do, and without the password', async (t) => {
  const nowhere = await openDatabase({ url: 'postgres://ada:secret-word@127.0.0.1:1/app', timeout: 60_000 });
  t.teardown(() => nowhere.close());
  const page = await uiOf(nowhere).get('/');
  t.is(page.status, 503);
  t.regex(page.text, /It failed/);
  t.false(page.html.includes('secret-word'));
  const search = '/search?text=Ada&where=%24.a+%3E+1';
  const asked = await uiOf(nowhere, { base: '/admin' }).get(`/admin${search}`);
  t.is(asked.status, 503);
  t.true(asked.links.includes(`/admin${search}`));
  t.regex(asked.text, /Try again/);
});

test('stored text is text, whatever is in it', async (t) => {
  const markup = [
    '<script>alert(1)</script>',
    '"><img src=x onerror=alert(1)>',
    "'-alert(1)-'",
    '</pre><svg onload=x>',
    '{{7*7}}',
  ];
  for (const text of [...HOSTILE, ...markup]) {
    const event = anEvent(undefined, { type: 'heard', body: { text, [text]: [text] } });
    await database.store().commitEvents([event]);
    const { html, status } = await ui.get(`/event/${event.timestamp.hex}`);
    t.is(status, 200);
    t.notRegex(
      html,
      /<(?:img|svg onload)|<script>|[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/,
    );
  }
});

test('options that are unknown or have no meaning are refused', (t) => {
  const whole = { ...database, store: database.store(), embedded: false, location: 'x' };
  for (const options of [
    {},
    { database: 'postgres://localhost' },
    { database: whole, base: 'admin' },
    { database: whole, base: '/admin/' },
    { database: whole, colour: 'pink' },
    { database: whole, lable: 'production' },
    { database: whole, livePages: 1.5 },
  ])
    t.throws(() => uiHandler(options as unknown as UiOptions), { instanceOf: InvalidArgumentError });
});
