import type { PropsWithChildren } from 'hono/jsx';
import { useHref } from '../../parts/href.js';
import { type AggregateRequest, keptFields, OF_POINT } from './request.js';

interface KeepingFormProps {
  readonly request: AggregateRequest;
  /** Parameters that its own fields have, or that it takes back. */
  readonly own: readonly string[];
  readonly id?: string;
  readonly class?: string;
  /** The id of the element to which its page goes. */
  readonly goesTo?: string;
}

/** A form of the page that hands on the parameters of the address; those of the point follow a script that moves it. */
export function KeepingForm({ request, own, goesTo, children, ...attributes }: PropsWithChildren<KeepingFormProps>) {
  const action = useHref()(`/aggregate/${request.id.hex}${goesTo === undefined ? '' : `#${goesTo}`}`);
  const followed = OF_POINT.filter((name) => !own.includes(name)).join(' ');
  return (
    <form method="get" action={action} data-follow={followed} {...attributes}>
      {keptFields(request, own).map(([name, value]) => (
        <input type="hidden" name={name} value={value} />
      ))}
      {children}
    </form>
  );
}
