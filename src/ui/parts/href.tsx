import { createContext, type PropsWithChildren, useContext } from 'hono/jsx';

const Base = createContext('');

/** Gives all links below it the base of the application. */
export const BaseProvider = Base.Provider;

/** Makes the address of a path within the application, such as `/event/…`. */
export function useHref(): (path: string) => string {
  const base = useContext(Base);
  return (path) => base + path;
}

/** A link to a path within the application. */
export function Link({ href, children, ...attributes }: PropsWithChildren<LinkProps>) {
  const address = useHref();
  return (
    <a href={address(href)} {...attributes}>
      {children}
    </a>
  );
}

interface LinkProps {
  readonly href: string;
  readonly id?: string;
  readonly class?: string;
  readonly title?: string;
  readonly rel?: string;
  readonly 'aria-current'?: 'page' | 'true';
  readonly 'aria-label'?: string;
  readonly autofocus?: boolean;
  /** Parameters of a point of a history that its address takes over when a script has moved that point. */
  readonly 'data-follow'?: string;
  readonly 'data-sequence'?: string;
}
