import type { EventHead } from '../../../admin/find-event/find-event.js';
import type { Frame } from './timeline.js';

/** A part of the screen that keys move in. */
export type PaneName = 'events' | 'event' | 'state';

/** What is on the screen. */
export interface View {
  readonly frame: Frame;
  /** The events around it, by sequence, as far as they are known. */
  readonly heads: readonly EventHead[];
  /** The last sequence that is known. */
  readonly last: number;
  /** The point that others are compared with. */
  readonly mark: number | undefined;
  /** The point that is compared with; absent while the event's own changes are shown. */
  readonly compared: Pick<Frame, 'sequence' | 'state' | 'rendered'> | undefined;
  /** The part that the arrow keys move in; where the list of events is not shown, the state in its place. */
  readonly pane: PaneName;
  /** The line that each half was scrolled to; absent: where the first change is. */
  readonly scroll: { readonly event?: number; readonly state?: number };
  /** True while the state is shown as its definition renders it, rather than as JSON. */
  readonly isRendered: boolean;
  /** Said once, until the next key. */
  readonly message: string | undefined;
  readonly prompt: Prompt | undefined;
  /** The last text that was looked for in types and bodies, until Esc. */
  readonly sought: string | undefined;
  readonly isHelp: boolean;
  /** The line that the help begins with. @defaultValue 0 */
  readonly helpFrom?: number;
}

/** A question that is being answered. */
export interface Prompt {
  readonly asks: 'goto' | 'search' | 'compare';
  readonly text: string;
}

/** What both halves are scrolled to when another event is shown: nothing. */
export const TOP: View['scroll'] = {};
