/** The address of what is shown, without the place on the page. */
let shown = withoutPlace(location.href);

/** Way in which an address becomes that of the page: as a place of its own to go back to, or instead of the one before. */
export type Remember = 'push' | 'replace';

/** Has the page go by another address, because a script has changed what it shows. */
export function showAddress(url: URL | string, remember: Remember): void {
  if (remember === 'push') history.pushState(null, '', url);
  else history.replaceState(history.state, '', url);
  shown = withoutPlace(location.href);
}

/** Has the page loaded anew when back or forward leave the address that it shows; a link to a place on the page does not. */
export function followHistory(): void {
  addEventListener('popstate', () => {
    if (withoutPlace(location.href) !== shown) location.reload();
  });
}

function withoutPlace(address: string): string {
  return address.replace(/#.*/, '');
}
