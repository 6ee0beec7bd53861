/**
 * Pages that show the histories of a database, for an application's own admin area: `maestro-store/ui`. The command
 * `maestro ui` serves the same pages.
 */
import '../node-version.js';

export type { LabelColour } from './context.js';
export { type UiHandler, uiHandler } from './handler.js';
export type { UiDatabase, UiOptions } from './options.js';
