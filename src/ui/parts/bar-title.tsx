import { utcText } from './time.js';

interface BarTitleProps {
  /** The words before the time. @defaultValue none */
  readonly before?: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** The words after the time. */
  readonly after: string;
}

/** The title of a bar or a mark in a picture, with a time that a script shows in the zone in which the page shows the others. */
export function BarTitle({ before = '', at, after }: BarTitleProps) {
  const iso = new Date(at).toISOString();
  return <title data-at={iso} data-before={before} data-after={after}>{`${before}${utcText(iso)}${after}`}</title>;
}
