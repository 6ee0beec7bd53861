/** The rows in HTML that was made by the server, which has escaped all that is stored. */
export function eventRows(html: string): Element[] {
  return [...templateOf(html).children];
}

/** The element in HTML that was made by the server. */
export function firstElement(html: string): Element | null {
  return templateOf(html).firstElementChild;
}

function templateOf(html: string): DocumentFragment {
  const template = document.createElement('template');
  template.innerHTML = html;
  return template.content;
}
