import type { EventHead } from '../../../admin/find-event/find-event.js';
import { escapeText } from '../../../text/escape.js';
import type { Style } from '../../render/style.js';
import { cut, padEnd } from '../../../text/width.js';
import { localTime } from '../../render/local-time.js';
import type { View } from './view.js';

/** Fewest columns of the list for showing the time of each event. */
const TIME_COLUMNS = 38;

/** The lines of the list of events around the shown one, which is highlighted; always `page` lines. */
export function listLines(
  { heads, frame, mark }: Pick<View, 'heads' | 'frame' | 'mark'>,
  { width, page }: { readonly width: number; readonly page: number },
  style: Style,
): string[] {
  // The point before the first event is listed, too.
  const isFromStart = (heads[0]?.sequence ?? 1) <= 1;
  const all: readonly (EventHead | undefined)[] = isFromStart ? [undefined, ...heads] : heads;
  const current = Math.max(
    0,
    all.findLastIndex((head) => (head?.sequence ?? 0) <= frame.sequence),
  );
  const begin = Math.max(0, Math.min(current - (page >> 1), all.length - page));
  const shown = all.slice(begin, begin + page);
  const digits = Math.max(...shown.map((head) => String(head?.sequence ?? 0).length));
  const lines = shown.map((head, index) => {
    const sequence = head?.sequence ?? 0;
    const isCurrent = begin + index === current;
    const sign = isCurrent ? '▸' : sequence === mark ? '*' : ' ';
    const time = head !== undefined && width >= TIME_COLUMNS ? `${localTime(head.timestamp.time).slice(11, 19)}  ` : '';
    const begins = `${sign} ${String(sequence).padStart(digits)}  ${time}`;
    const type = padEnd(cut(escapeText(head?.type ?? '(beginning)'), width - begins.length), width - begins.length);
    if (isCurrent) return style.marked(begins + type);
    return style.faint(begins) + (head === undefined ? style.faint(type) : style.type(type, head.type));
  });
  return [...lines, ...Array.from({ length: page - lines.length }, () => ' '.repeat(width))];
}
