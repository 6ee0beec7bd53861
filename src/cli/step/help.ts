/** The keys that are always on the screen. */
export const KEYS = '←/→ step  g goto  / find  m mark  d compare  ↑↓ scroll  c change  ? help  q quit';

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
  'c                 scroll the state to the next change that is out of sight',
  '↑  ↓  pgup  pgdn  scroll; tab chooses the half that they scroll',
  'q                 quit',
  '',
  'In the state, + is new, ~ is another value than before, - is gone, ! is a fault.',
];
