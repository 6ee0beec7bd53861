import type { JSX } from 'hono/jsx/jsx-runtime';
import type { UiContext } from '../context.js';
import { CopyCommand } from './copy-command.js';
import { Link, useHref } from './href.js';
import { COMMON_KEYS, type Keys, KeysHelp } from './keys-help.js';

/** A page besides what all pages have. */
export interface PageOptions {
  readonly title: string;
  readonly body: JSX.Element;
  /** The path of the entry of the navigation that is marked. @defaultValue none */
  readonly current?: string;
  /** Modules of `src/ui/browser/` for this page, without their ending. @defaultValue none but `main` */
  readonly scripts?: readonly string[];
  /** The text in the box that finds everything. @defaultValue none */
  readonly find?: string | undefined;
  /** The words of the command that tells the same in a terminal. @defaultValue none */
  readonly command?: readonly string[];
  /** The keys of the page. @defaultValue those of all pages */
  readonly keys?: Keys;
}

interface LayoutProps extends PageOptions {
  readonly ui: UiContext;
}

/** A whole page: navigation, the box that finds everything, the body, and the command that tells the same. */
export function Layout({ ui, title, body, current, scripts = [], find, command, keys = COMMON_KEYS }: LayoutProps) {
  const href = useHref();
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>{ui.label === undefined ? `${title} · Maestro` : `${title} · ${ui.label} · Maestro`}</title>
        <link rel="icon" href="data:," />
        <link rel="stylesheet" href={href(ui.asset('ui.css'))} />
        {['main', ...scripts].map((name) => (
          <script type="module" src={href(ui.asset(`${name}.js`))}></script>
        ))}
      </head>
      <body class={ui.label === undefined ? undefined : `labelled ${ui.colour}`}>
        <a class="skip" href="#content">
          Skip to the content
        </a>
        <header class="top">
          <Link href="/" class="brand">
            Maestro
          </Link>
          {ui.label !== undefined && <strong class="label">{ui.label}</strong>}
          <nav aria-label="Screens">
            {ui.navigation.map(({ title: name, path }) => (
              <Link href={path} aria-current={path === current ? 'page' : undefined}>
                {name}
              </Link>
            ))}
          </nav>
          <form class="find" action={href('/find')} method="get" role="search">
            <input
              type="search"
              name="q"
              value={find}
              aria-label="Find an id, a time or a text"
              placeholder="id, time or text"
              spellcheck={false}
              autocomplete="off"
            />
            <button type="submit">Find</button>
          </form>
        </header>
        <main id="content">
          <h1>{title}</h1>
          {body}
        </main>
        <footer>
          <span class="place" title={ui.location}>
            {ui.location}
          </span>
          <KeysHelp keys={keys} />
          {command !== undefined && <CopyCommand words={[...command, ...ui.flags]} />}
        </footer>
      </body>
    </html>
  );
}
