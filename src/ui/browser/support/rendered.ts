let isAlone = false;

/** Shows the state as its definition renders it alone, or as JSON again, too. */
export function toggleRendered(): void {
  const isRendered = document.getElementById('rendered') !== null;
  if (isRendered) isAlone = !isAlone;
  else tell('The definition of this aggregate has no `render`, or no definition is configured.');
  showRendered();
}

/** Has the state that is shown now be as it was chosen. */
export function showRendered(): void {
  const json = document.querySelector<HTMLElement>('.pane.state > pre.state');
  if (json !== null) json.hidden = isAlone && document.getElementById('rendered') !== null;
}

function tell(text: string): void {
  const pane = document.querySelector('.pane.state');
  const note = pane?.querySelector('.note.told') ?? document.createElement('p');
  note.className = 'note told';
  note.setAttribute('role', 'status');
  note.textContent = text;
  pane?.querySelector('h2')?.after(note);
}
