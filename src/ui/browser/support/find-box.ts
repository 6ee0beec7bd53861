/** Has the key `/` go to the box that finds everything, unless something is being typed. */
export function focusFindBySlash(): void {
  document.addEventListener('keydown', (event) => {
    if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    const box = document.querySelector<HTMLInputElement>('.find input');
    if (box === null) return;
    event.preventDefault();
    box.focus();
    box.select();
  });
}

/** Has Escape leave a box into which something is typed, with what is in it, so that the keys are those of the page again. */
export function leaveBoxByEscape(): void {
  document.addEventListener('keydown', (event) => {
    const { key, target, isComposing } = event;
    if (key !== 'Escape' || isComposing || !(target instanceof HTMLInputElement) || !isTyping(target)) return;
    // A box of searches would lose its text.
    event.preventDefault();
    target.blur();
  });
}

/** True for an element that takes the keys itself. */
export function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    target.closest('input:not([type="range"]), textarea, select, [contenteditable]') !== null
  );
}
