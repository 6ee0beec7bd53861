import { Link } from '../../parts/href.js';
import type { Moment } from './moment.js';
import { addressOf, pathText } from './request.js';

/** Links to the points next to the shown one, and what can be done with it. */
export function Steps({ moment }: { readonly moment: Moment }) {
  const { request, sequence, previous, next, along } = moment;
  const { pin, find, path } = request;
  const to = (at: number) => addressOf(request, { at, time: undefined });
  const isLast = sequence === along.last;
  return (
    <nav class="steps" aria-label="Steps">
      <Step id="first" text="« First" href={sequence === 0 ? undefined : to(0)} />
      <Step id="previous" text="‹ Previous" href={previous === undefined ? undefined : to(previous)} />
      <strong class="at">
        {sequence === 0 ? 'before the first event' : `event ${sequence}`} of {along.last}
      </strong>
      <Step id="next" text="Next ›" href={next === undefined ? undefined : to(next.sequence)} />
      <Step id="last" text="Last »" href={isLast ? undefined : to(along.last)} />
      {pin === undefined ? (
        <Step
          id="pin"
          text="Pin, to compare"
          href={addressOf(request, { at: sequence, time: undefined, pin: sequence })}
        />
      ) : (
        <>
          <Step id="pin" text="Pin here" href={addressOf(request, { at: sequence, time: undefined, pin: sequence })} />
          <Step
            id="unpin"
            text={`Unpin ${pin}`}
            href={addressOf(request, { at: sequence, time: undefined, pin: undefined })}
          />
          <Step id="swap" text="Swap" href={addressOf(request, { at: pin, time: undefined, pin: sequence })} />
        </>
      )}
      {find !== undefined && (
        <>
          <Step
            id="find-previous"
            text="‹ Found"
            href={addressOf(request, { at: sequence, time: undefined, to: 'previous' })}
          />
          <Step
            id="find-next"
            text="Found ›"
            href={addressOf(request, { at: sequence, time: undefined, to: 'next' })}
          />
          <Step
            id="find-end"
            text="End the search"
            href={addressOf(request, { at: sequence, time: undefined, find: undefined, to: undefined })}
          />
        </>
      )}
      {path !== undefined && (
        <Step
          id="path-end"
          text={`Hide the changes of ${pathText(path)}`}
          href={addressOf(request, { path: undefined, upTo: undefined, after: undefined })}
        />
      )}
    </nav>
  );
}

/** A link that a key follows, too; where it leads nowhere, its text. */
function Step({ id, text, href }: { readonly id: string; readonly text: string; readonly href: string | undefined }) {
  return (
    <span data-step={id}>
      {href === undefined ? <span class="none">{text}</span> : <Link href={href}>{text}</Link>}
    </span>
  );
}
