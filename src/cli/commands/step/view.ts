import type { EventHead } from '../../../admin/find-event/find-event.js';
import type { Frame } from '../../../folding/timeline.js';

/** A part of the screen in which keys can move. */
export type PaneName = 'events' | 'event' | 'state';

/** Everything that the screen shows. */
export interface View {
  readonly frame: Frame;
  /** Events around the frame, by sequence, as far as they were read. */
  readonly heads: readonly EventHead[];
  /** The highest sequence that was read. */
  readonly last: number;
  /** The sequence that the user has marked for comparing. */
  readonly mark: number | undefined;
  /** The point that the state is compared with; absent while the changes by the event are shown. */
  readonly compared: Pick<Frame, 'sequence' | 'state' | 'rendered'> | undefined;
  /** The part in which the arrow keys move; `events` means the state where the list is not shown. */
  readonly pane: PaneName;
  /** The first line shown of each half after scrolling; absent: the place of the first change. */
  readonly scroll: { readonly event?: number; readonly state?: number };
  /** True while the state is shown as its definition renders it, rather than as JSON. */
  readonly isRendered: boolean;
  /** A message that is shown until the next key. */
  readonly message: string | undefined;
  readonly prompt: Prompt | undefined;
  /** The last searched text, until Esc. */
  readonly searched: string | undefined;
  readonly isHelp: boolean;
  /** The first line shown of the help. @defaultValue 0 */
  readonly helpFrom?: number;
}

/** A question to the user, with the answer typed so far. */
export interface Prompt {
  readonly asks: 'goto' | 'search' | 'compare';
  readonly text: string;
}

/** The scroll position for a new event: none. */
export const UNSCROLLED: View['scroll'] = {};
