/** Replaces an element by a new version of it: the focus stays on the same control, and panes stay scrolled as they were. */
export function replaceKeeping(old: HTMLElement, fresh: HTMLElement): void {
  const active = document.activeElement;
  const control = active instanceof HTMLElement && old.contains(active) ? active : undefined;
  const alike = control === undefined ? undefined : controlLike(control, fresh);
  const scrolled = panes(old).map((pane) => [label(pane), pane.scrollTop, pane.scrollLeft] as const);
  old.replaceWith(fresh);
  for (const pane of panes(fresh)) {
    const [, top = 0, left = 0] = scrolled.find(([name]) => name === label(pane)) ?? [];
    pane.scrollTop = top;
    pane.scrollLeft = left;
  }
  if (control === undefined) return;
  // A control that is gone, such as the step to the next event at the last one: the tabulator goes on from the part.
  if (alike === undefined) fresh.tabIndex = -1;
  (alike ?? fresh).focus({ preventScroll: true });
}

/** The control of the new version that does the same. */
function controlLike(control: HTMLElement, fresh: HTMLElement): HTMLElement | undefined {
  if (control.id !== '' && control.id === fresh.id) return fresh;
  const step = stepOf(control);
  if (step !== undefined) return fresh.querySelector<HTMLElement>(`[data-step="${step}"] a`) ?? undefined;
  // Beside the list of events, other links have the same addresses.
  const pane = control.closest('[aria-labelledby]')?.getAttribute('aria-labelledby');
  const around = fresh.querySelector(`[aria-labelledby="${pane ?? ''}"]`) ?? fresh;
  const all = [...around.querySelectorAll<HTMLElement>(control.localName)];
  for (const name of ['id', 'aria-label', 'href']) {
    const own = control.getAttribute(name);
    const found = own === null ? undefined : all.find((one) => one.getAttribute(name) === own);
    if (found !== undefined) return found;
  }
  // Links from the shown point have its address; of them only the text is the same.
  return all.find((one) => one.textContent === control.textContent);
}

function stepOf(control: HTMLElement): string | undefined {
  return control.closest<HTMLElement>('[data-step]')?.dataset['step'];
}

function panes(part: HTMLElement): HTMLElement[] {
  return [...part.querySelectorAll<HTMLElement>('[tabindex="0"]')];
}

function label(pane: HTMLElement): string | null {
  return pane.getAttribute('aria-label');
}
