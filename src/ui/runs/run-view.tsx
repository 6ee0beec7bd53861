import type { JSX } from 'hono/jsx/jsx-runtime';
import { Link, useHref } from '../parts/href.js';
import { StreamedHere } from '../streams/page-stream.js';

interface RunViewProps {
  readonly path: string;
  /** Explanation of what the run does, and what it costs. */
  readonly about: JSX.Element;
  /** The words on the button that starts it. */
  readonly start: string;
  readonly fields: JSX.Element;
  /** The address of the page without the run, to which cancelling leads; absent when it is not run. */
  readonly cancelHref?: string | undefined;
}

/** The form that starts a run, and the place for what it tells. */
export function RunView({ path, about, start, fields, cancelHref }: RunViewProps) {
  return (
    <>
      <p class="about">{about}</p>
      <RunForm path={path} start={start} fields={fields} />
      <section id="run" aria-label="Findings" hidden={cancelHref === undefined}>
        <p id="run-status" role="status"></p>
        <p class="cancel">
          <Link href={cancelHref ?? path}>Cancel</Link>
        </p>
        <ul class="run">{cancelHref !== undefined && <StreamedHere />}</ul>
      </section>
    </>
  );
}

/** The form alone, with what is wrong beside its fields. */
export function RunForm({ path, start, fields }: Pick<RunViewProps, 'path' | 'start' | 'fields'>) {
  const href = useHref();
  return (
    <form id="run-form" class="filters" method="get" action={href(path)} data-stream={href(`${path}/stream`)}>
      {fields}
      <input type="hidden" name="run" value="1" />
      <button type="submit">{start}</button>
    </form>
  );
}
