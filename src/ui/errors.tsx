import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { type ErrorCode, MaestroError } from '../errors.js';
import { PoolExhaustedError } from '../store/errors.js';
import { withoutPasswords } from '../text/without-passwords.js';
import type { UiApp, UiContext } from './context.js';
import { type Choice, PageError } from './page-error.js';
import { ErrorPanel } from './parts/error-panel.js';
import { Link } from './parts/href.js';
import { fragment, page, partOf } from './parts/page.js';

/** The status of the answer by the code of an error; 500 for all others. */
const STATUS: Readonly<Partial<Record<ErrorCode, ContentfulStatusCode>>> = {
  MAESTRO_INVALID_ARGUMENT: 400,
  MAESTRO_INVALID_JSON_PATH: 400,
  MAESTRO_INVALID_TIMESTAMP: 400,
  MAESTRO_NOT_FOUND: 404,
  MAESTRO_CLOSED: 503,
  MAESTRO_CONNECTION_LOST: 503,
  MAESTRO_DATABASE_STOPPED: 503,
  MAESTRO_LOGIN_REFUSED: 503,
  MAESTRO_NOT_MIGRATED: 503,
  MAESTRO_POOL_EXHAUSTED: 503,
  MAESTRO_UNREACHABLE: 503,
  MAESTRO_TIMEOUT: 504,
};

/** The hint for readers where all connections are in use; that of the error is for programmers. */
const WHEN_BUSY = 'Try again in a moment. What a page has asked ends when you leave the page.';

/** Has an application answer what goes wrong with a page, or with the part of one that was asked for. */
export function answerErrors(app: UiApp, ui: UiContext): void {
  app.onError((error, c) => {
    const { status, title, ...words } = errorFacts(error);
    const part = partOf(c);
    c.status(status);
    if (part !== undefined)
      return fragment(
        c,
        ui,
        <ErrorPanel id={part} {...words}>
          <p>
            <Link href={withoutPart(c.req.url, ui.base)}>Try again</Link>
          </p>
        </ErrorPanel>,
      );
    return page(c, ui, {
      title,
      body: (
        <>
          <ErrorPanel {...words} />
          <WaysBack address={c.req.url} base={ui.base} canPass={status === 503 || status === 504} />
        </>
      ),
    });
  });
  app.notFound((c) => {
    c.status(404);
    const message = `There is no page ${decoded(c.req.path)}.`;
    return page(c, ui, {
      title: 'Not found',
      body: (
        <ErrorPanel
          message={message}
          hint="Begin with the overview, or write an id, a timestamp or a time into the box."
        />
      ),
    });
  });
}

interface WaysBackProps {
  readonly address: string;
  readonly base: string;
  /** True for an error that may be over when the page is asked for again. */
  readonly canPass: boolean;
}

/** Links from an error: to the same page again where that can help, otherwise to the page of the address as it begins; and to the first of all. */
function WaysBack({ address, base, canPass }: WaysBackProps) {
  const { pathname, search } = new URL(address);
  return (
    <p class="ways-back">
      {canPass ? (
        <>
          <Link href={pathname.slice(base.length) + search}>Try again</Link>{' '}
        </>
      ) : (
        search !== '' && (
          <>
            <Link href={pathname.slice(base.length)}>This page without what was asked of it</Link>{' '}
          </>
        )
      )}
      <Link href="/">Overview</Link>
    </p>
  );
}

/** The address of the page of a part: to load it again by itself, or by script the part alone. */
function withoutPart(address: string, base: string): string {
  const { pathname, searchParams } = new URL(address);
  searchParams.delete('part');
  return `${pathname.slice(base.length)}${searchParams.size === 0 ? '' : `?${searchParams.toString()}`}`;
}

/** A path as people read it; as it is where it is not well-formed. */
function decoded(path: string): string {
  try {
    return decodeURI(path);
  } catch {
    return path;
  }
}

/** The words of a page for an error. */
export interface ErrorFacts {
  readonly status: ContentfulStatusCode;
  readonly title: string;
  readonly message: string;
  readonly hint: string | undefined;
  readonly choices?: readonly Choice[];
}

/** The words of a page for an error, without passwords. */
export function errorFacts(error: unknown): ErrorFacts {
  const message = withoutPasswords(error instanceof Error ? error.message : String(error));
  if (error instanceof PageError)
    return {
      status: error.status,
      title: error.status === 404 ? 'Not found' : 'Not understood',
      message,
      hint: error.hint,
      choices: error.choices,
    };
  if (error instanceof MaestroError) {
    const status = STATUS[error.code as ErrorCode] ?? 500;
    const hint = error instanceof PoolExhaustedError ? WHEN_BUSY : error.hint;
    return { status, title: 'It failed', message, hint: hint === undefined ? undefined : withoutPasswords(hint) };
  }
  return {
    status: 500,
    title: 'A defect',
    message: `This is a defect in Maestro: ${message}`,
    hint: 'Please report it, with the address of this page.',
  };
}
