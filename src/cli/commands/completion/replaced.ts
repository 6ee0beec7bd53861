/** A text with a part of it replaced. Throws where there is no such part: the library has changed then. */
export function replaced(text: string, part: string, by: string): string {
  if (!text.includes(part)) throw new Error(`The script for completion has no ${JSON.stringify(part)}.`);
  return text.replace(part, () => by);
}
