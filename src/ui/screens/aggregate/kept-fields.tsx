import { type AggregateRequest, keptFields } from './request.js';

/** The parameters of an address that a form hands on unchanged. */
export function KeptFields({ request, own }: { readonly request: AggregateRequest; readonly own: readonly string[] }) {
  return (
    <>
      {keptFields(request, own).map(([name, value]) => (
        <input type="hidden" name={name} value={value} />
      ))}
    </>
  );
}
