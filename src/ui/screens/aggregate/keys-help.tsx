const KEYS: readonly (readonly [keys: string, does: string])[] = [
  ['→ l space', 'the next event (n too, while nothing is searched)'],
  ['← h p', 'the event before'],
  ['Home', 'before the first event'],
  ['End G', 'the last event'],
  ['g', 'go to a sequence or a time'],
  ['/', 'find a text in the events (on other pages: the box at the top)'],
  ['n N or . ,', 'find it again, forwards or backwards'],
  ['m', 'pin this point, to compare others with it'],
  ['d Esc', 'end comparing'],
  ['c', 'scroll the state to the next change'],
  ['r', 'go to the state as its definition renders it'],
  ['s', 'play, or stop'],
];

/** The keys of the page: those of `maestro step`. */
export function KeysHelp() {
  return (
    <details id="keys">
      <summary>Keys</summary>
      <dl class="facts">
        {KEYS.map(([keys, does]) => (
          <>
            <dt>
              <kbd>{keys}</kbd>
            </dt>
            <dd>{does}</dd>
          </>
        ))}
      </dl>
    </details>
  );
}
