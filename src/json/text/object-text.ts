/** JSON text that stands in another as it is, with its digits, its spaces and the order of its keys. */
export class RawJson {
  constructor(readonly text: string) {}
}

/**
 * JSON text of an object in one line, as `JSON.stringify` writes it, but for members that are {@link RawJson}: these stand
 * in it unchanged.
 */
export function objectText(members: object): string {
  return `{${membersText(members)}}`;
}

/** The members as they stand between the braces of {@link objectText}. */
export function membersText(members: object): string {
  const texts: string[] = [];
  for (const [key, value] of Object.entries(members)) {
    const text = value instanceof RawJson ? value.text : (JSON.stringify(value) as string | undefined);
    if (text !== undefined) texts.push(`${JSON.stringify(key)}:${text}`);
  }
  return texts.join(',');
}
