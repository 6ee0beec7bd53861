import { enableCopying } from './support/copying.js';
import { loadParts } from './support/load-parts.js';
import { focusFindBySlash, leaveBoxByEscape } from './support/find-box.js';
import { enableKeysWindow } from './support/keys-window.js';
import { followHistory } from './support/shown-address.js';
import { showTimes } from './support/times.js';

// Every page loads this module. All that it does is also there without it, only less smooth.
focusFindBySlash();
leaveBoxByEscape();
enableKeysWindow();
enableCopying();
showTimes();
void loadParts();
followHistory();
