import type { NavigationEntry, UiApp, UiContext } from './context.js';
import { registerAggregate } from './screens/aggregate/routes.js';
import { registerCheck } from './screens/check/routes.js';
import { registerCompare } from './screens/compare/routes.js';
import { registerEvent } from './screens/event/routes.js';
import { registerFind } from './screens/find/routes.js';
import { registerLive } from './screens/live/routes.js';
import { registerOverview } from './screens/overview/routes.js';
import { registerProjections } from './screens/projections/routes.js';
import { registerSearch } from './screens/search/routes.js';
import { registerVerify } from './screens/verify/routes.js';

/** A screen: its routes, and its entry in the navigation if it has one. */
export interface Screen {
  readonly register: (app: UiApp, ui: UiContext) => void;
  readonly navigation?: NavigationEntry;
}

/** All screens, in the order of the navigation. */
export const SCREENS: readonly Screen[] = [
  { register: registerOverview, navigation: { title: 'Overview', path: '/' } },
  { register: registerSearch, navigation: { title: 'Search', path: '/search' } },
  { register: registerCompare, navigation: { title: 'Compare', path: '/compare' } },
  { register: registerFind },
  { register: registerAggregate },
  { register: registerEvent },
  { register: registerLive, navigation: { title: 'Live', path: '/live' } },
  { register: registerProjections, navigation: { title: 'Projections', path: '/projections' } },
  { register: registerVerify, navigation: { title: 'Verify', path: '/verify' } },
  { register: registerCheck, navigation: { title: 'Check', path: '/check' } },
];
