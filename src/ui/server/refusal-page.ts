import { createHash } from 'node:crypto';

/** A page for a reader who is not admitted. */
export interface RefusalPage {
  readonly title: string;
  /** Sentences, which may have code between backticks. */
  readonly text: string;
  /** The address that was asked for, and the words of the link to it. */
  readonly address: string;
  readonly link: string;
}

/** The style of the page, in its text: whoever is not admitted gets no file. */
const STYLE =
  ':root{color-scheme:light dark}body{max-width:40rem;margin:15vh auto;padding:0 1rem;font:1rem/1.5 system-ui,sans-serif}h1{font-size:1.25rem}';

/** The source of the style for the policy of the page. */
export const STYLE_SOURCE = `'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`;

/** The text of a page with a link to the same address: who follows it comes from this site, and brings the cookie. */
export function refusalPage({ title, text, address, link }: RefusalPage): string {
  const marked = escaped(text).replace(/`([^`]*)`/g, '<code>$1</code>');
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${title} · Maestro</title><style>${STYLE}</style></head><body><main><h1>${title}</h1><p>${marked}</p><p><a href="${escaped(address)}">${link}</a></p></main></body></html>`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
