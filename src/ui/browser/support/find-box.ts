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

/** True for an element that takes the keys itself. */
export function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest('input, textarea, select, [contenteditable]') !== null;
}
