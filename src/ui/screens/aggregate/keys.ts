import type { Keys } from '../../parts/keys-help.js';

/** The keys of the page: those of `maestro step`, but for `q` (a page does not end) and what the browser needs itself. */
export const AGGREGATE_KEYS: Keys = [
  ['→ l space', 'the next event (n too, while nothing is searched)'],
  ['← h p', 'the event before'],
  ['j k', 'scroll the event or the state that has the focus; elsewhere the next event, the event before'],
  ['↑ ↓ PgUp PgDn', 'in the timeline with the focus: one or ten events back or further; elsewhere they scroll'],
  ['Tab', 'the next link, box or pane, as on every page'],
  ['Home gg', 'before the first event'],
  ['End G', 'the last event'],
  ['g', 'go to a sequence, a time or "last"'],
  ['/', 'find a text in the events (on other pages: the box at the top)'],
  ['n N or . ,', 'find it again, forwards or backwards'],
  ['m', 'pin this point, and compare others with it'],
  ['d', 'end comparing; again: compare with the point that was pinned last, or with one that you enter, as for g'],
  ['Esc', 'leave the box; elsewhere end comparing; then end the search'],
  ['c', 'scroll the state to the next change'],
  ['r', 'show the state only as its definition renders it, or as JSON, too'],
  ['s', 'play, or stop'],
  ['?', 'show these keys, or hide them'],
];
