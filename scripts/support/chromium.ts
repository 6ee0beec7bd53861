import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Names of browsers that are Chromium. */
const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'];

/** Ways to get one. */
export const NO_CHROMIUM =
  "no Chromium was found. Install one (Debian's package `chromium`), or name its file in MAESTRO_CHROMIUM.";

/**
 * The file of Chromium: the one named in `MAESTRO_CHROMIUM`, else the first on the PATH; `undefined` when there is none. Throws when
 * the one that is named cannot be run.
 */
export function chromium(): string | undefined {
  const named = process.env['MAESTRO_CHROMIUM'];
  if (named !== undefined) {
    if (!isProgram(named)) throw new Error(`MAESTRO_CHROMIUM names ${JSON.stringify(named)}, which cannot be run.`);
    return named;
  }
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  return folders.flatMap((folder) => NAMES.map((name) => join(folder, name))).find(isProgram);
}

/** Arguments for a Chromium that shows pages of this machine and asks nobody else anything. */
export const CHROMIUM_FLAGS: readonly string[] = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
