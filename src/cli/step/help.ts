/** The keys that are always on the screen. */
export const KEYS = '←/→ step  g go to  / find type  m mark  d compare  tab ↑↓ scroll  ? help  q quit';

/** What the keys do. */
export const HELP: readonly string[] = [
  '→  n  l  space    the next event',
  '←  p  h           the event before',
  'home  end         before the first event; the last event',
  'g                 go to a sequence, a time or "last"',
  '/                 find the next event by a part of its type',
  '.  ,              find it again, forwards or backwards',
  'm                 mark this point',
  'd                 compare with the marked point, else with one you name;',
  '                  once more: see what the event changed again',
  'tab               choose the half that the keys below scroll',
  '↑  ↓  pgup  pgdn  scroll',
  'q                 quit',
  '',
  'In the state, + is new, ~ is another value than before, - is gone, ! is a fault.',
];
