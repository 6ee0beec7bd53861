import type { Child } from 'hono/jsx';

/** A fact: its name and its value. Without a value it is left out. */
export type Fact = readonly [name: string, value: Child];

/** Facts under each other. */
export function Facts({ facts }: { readonly facts: readonly Fact[] }) {
  return (
    <dl class="facts">
      {facts.map(([name, value]) => (
        <>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </>
      ))}
    </dl>
  );
}
