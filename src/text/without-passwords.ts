/** The text with passwords masked: any message may repeat a URL, or a piece of one, that was given in a wrong place. */
export function withoutPasswords(text: string): string {
  // The example URL of our hints stays as it is.
  return text
    .split(EXAMPLE)
    .map((part, index) => (index % 2 === 1 ? part : masked(part)))
    .join('');
}

function masked(text: string): string {
  return text
    .replace(/(\w:\/{1,2}[^\s:@/]*:)\S*(?=@)/g, '$1***')
    .replace(CUT_SHORT, '$1***')
    .replace(PARAMETER, '$1***');
}

/** The example URLs of our hints, as separate words: with more text around them, they may be part of a real URL. */
const EXAMPLE =
  /(?<=^|[\s(])(postgres:\/\/user:password@host(?::5432)?\/database)(?=(?:\?sslmode=verify-full)?[.,)]*(?:\s|$))/;

/** A URL of PostgreSQL that ends before its host. A number after the colon is taken for a port. */
const CUT_SHORT =
  /(postgres(?:ql)?:?\/{1,2}[^\s:@/]*:)(?!\*\*\*)(?!\d{1,5}(?:\/|['".,]*(?:\s|$)))\S+?(?=['".,]*(?:\s|$))/g;

/** A password as a parameter of a URL or of a connection string, unless it is masked already. */
const PARAMETER = /(password\s*=\s*)(?!\*\*\*)[^\s&]+/gi;
