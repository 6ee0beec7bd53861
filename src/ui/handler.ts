import { Hono } from 'hono/tiny';
import { withCancellation } from '../store/driver/cancellation.js';
import { readAssets, serveAssets } from './assets.js';
import type { UiContext } from './context.js';
import { answerErrors } from './errors.js';
import { checkOptions, colourOf, DEFAULT_LIVE_PAGES, type UiOptions } from './options.js';
import { SCREENS } from './screens.js';
import { SECURITY_HEADERS } from './security-headers.js';

/** Answers a request, as `fetch` would. Never rejects: what goes wrong is a page, too. */
export type UiHandler = (request: Request) => Promise<Response>;

/**
 * The pages as a function from requests to answers, which most servers can mount. They show everything in the database to whoever
 * can ask: put your own authentication in front. They answer GET and HEAD only, and write nothing. Throws `InvalidArgumentError`
 * for wrong options.
 *
 * ```ts
 * const pages = uiHandler({ database, aggregates: [Account], base: '/admin/maestro' });
 * app.all('/admin/maestro/*', requireAdmin, (c) => pages(c.req.raw)); // Hono; others alike
 * ```
 */
export function uiHandler(options: UiOptions): UiHandler {
  checkOptions(options);
  const assets = readAssets();
  const ui = contextOf(options, (name) => `/assets/${assets.version}/${name}`);
  const app = new Hono({ strict: false }).basePath(ui.base);
  app.use(async (c, next) => {
    if (c.req.method !== 'GET' && c.req.method !== 'HEAD')
      return c.text('The pages are read with GET; nothing can be changed here.\n', 405, { allow: 'GET, HEAD' });
    await next();
    return undefined;
  });
  answerErrors(app, ui);
  serveAssets(app, assets);
  for (const { register } of SCREENS) register(app, ui);
  return async (request) => withHeaders(await withCancellation(request.signal, async () => app.fetch(request)));
}

function contextOf(options: UiOptions, asset: UiContext['asset']): UiContext {
  const { database, aggregates = [], projections = [], base = '', label, colour = colourOf(label) } = options;
  const { knex, store, schema, interop, location, embedded } = database;
  const { livePages = DEFAULT_LIVE_PAGES, flags = schema === 'public' ? [] : ['--schema', schema] } = options;
  const navigation = SCREENS.flatMap((screen) => screen.navigation ?? []);
  const log = { knex, schema, interop };
  return {
    log,
    store,
    aggregates,
    projections,
    schema,
    location,
    embedded,
    label,
    colour,
    base,
    flags,
    livePages,
    navigation,
    asset,
  };
}

function withHeaders(response: Response): Response {
  for (const [name, value] of Object.entries(SECURITY_HEADERS)) response.headers.set(name, value);
  if (!response.headers.has('cache-control')) response.headers.set('cache-control', 'no-store');
  return response;
}
