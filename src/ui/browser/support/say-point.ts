/** Milliseconds without a further step after which a point is said: of a key that is held, only where it ends. */
const REST = 300;

let timer: ReturnType<typeof setTimeout> | undefined;

/** Has screen readers say the point of a history that is shown, politely, once no further step follows. */
export function sayPoint(): void {
  clearTimeout(timer);
  timer = setTimeout(() => {
    const region = document.getElementById('said');
    const said = document.getElementById('moment')?.dataset['said'];
    if (region !== null && said !== undefined && region.textContent !== said) region.textContent = said;
  }, REST);
}
