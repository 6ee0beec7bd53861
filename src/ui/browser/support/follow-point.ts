/** Has all links and forms around the point of a history that a script has moved lead from there, and not from where the page began. */
export function followPoint(point: URLSearchParams): void {
  const sequence = point.get('at') ?? '';
  for (const field of document.querySelectorAll<HTMLInputElement>('input[data-at]')) field.value = sequence;
  for (const element of document.querySelectorAll<HTMLElement>('[data-follow]')) {
    const names = (element.dataset['follow'] ?? '').split(' ').filter((name) => name !== '');
    if (element instanceof HTMLAnchorElement) element.href = addressAt(point, names, element.href);
    else if (element instanceof HTMLFormElement) for (const name of names) setField(element, name, point.get(name));
  }
  for (const link of document.querySelectorAll('#changes a[data-sequence]'))
    if (link.getAttribute('data-sequence') === sequence) link.setAttribute('aria-current', 'true');
    else link.removeAttribute('aria-current');
}

function addressAt(point: URLSearchParams, names: readonly string[], address: string): string {
  const url = new URL(address);
  if (names.includes('at')) url.searchParams.delete('time');
  for (const name of names) {
    const value = point.get(name);
    if (value === null) url.searchParams.delete(name);
    else url.searchParams.set(name, value);
  }
  return url.pathname + url.search + url.hash;
}

function setField(form: HTMLFormElement, name: string, value: string | null): void {
  const names = name === 'at' ? [name, 'time'] : [name];
  for (const old of names.flatMap((each) => [...form.querySelectorAll(`input[type="hidden"][name="${each}"]`)]))
    old.remove();
  if (value === null) return;
  const field = document.createElement('input');
  field.type = 'hidden';
  field.name = name;
  field.value = value;
  form.prepend(field);
}
