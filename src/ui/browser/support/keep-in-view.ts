/** Pixels of the state that are seen at least after a step. */
const SEEN = 120;

/** Scrolls the lists of events so that each shows the event that is shown, and nothing else of the page. */
export function showInLists(): void {
  for (const list of document.querySelectorAll<HTMLElement>('.timeline ol, #changes')) {
    const row = list.querySelector('[aria-current]')?.closest('li, tr');
    if (row == null) continue;
    const [outer, inner] = [list.getBoundingClientRect(), row.getBoundingClientRect()];
    if (inner.top < outer.top || inner.bottom > outer.bottom)
      list.scrollTop += inner.top - outer.top - (outer.height - inner.height) / 2;
  }
}

/** Brings the event and the state back where little is seen of the state after a step. */
export function bringBack(): void {
  const state = document.querySelector('.pane.state')?.getBoundingClientRect();
  if (state === undefined) return;
  const seen = Math.min(state.bottom, footOfWindow()) - Math.max(state.top, 0);
  if (seen < Math.min(SEEN, state.height)) toSteps();
}

/** Has the event and the state stand above the list of changes where an address leads to that list, which stays at the foot of the window. */
export function showAboveChanges(): void {
  if (location.hash === '#changes' && changesOver() !== undefined) toSteps();
}

/** Scrolls to the steps: the event and the state are below them. */
function toSteps(): void {
  document.querySelector('.steps')?.scrollIntoView();
}

/** The height up to which nothing lies over the page. */
function footOfWindow(): number {
  return Math.min(innerHeight, changesOver()?.getBoundingClientRect().top ?? innerHeight);
}

/** The list of changes, where it stays at the foot of the window. */
function changesOver(): HTMLElement | undefined {
  const changes = document.getElementById('changes');
  return changes !== null && getComputedStyle(changes).position === 'sticky' ? changes : undefined;
}
