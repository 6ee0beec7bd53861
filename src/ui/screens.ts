import type { NavigationEntry, UiApp, UiContext } from './context.js';
import { registerEvent } from './screens/event/routes.js';
import { registerOverview } from './screens/overview/routes.js';

/** A screen: its routes, and its entry in the navigation if it has one. */
export interface Screen {
  readonly register: (app: UiApp, ui: UiContext) => void;
  readonly navigation?: NavigationEntry;
}

/** All screens, in the order of the navigation. */
export const SCREENS: readonly Screen[] = [
  { register: registerOverview, navigation: { title: 'Overview', path: '/' } },
  { register: registerEvent },
];
