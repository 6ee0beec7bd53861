/** The text with a part replaced. Throws when the part is missing, which means that the library has changed. */
export function replaced(text: string, part: string, by: string): string {
  if (!text.includes(part)) throw new Error(`The script for completion has no ${JSON.stringify(part)}.`);
  return text.replace(part, () => by);
}
