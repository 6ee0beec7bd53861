import { enableCopying } from './support/copying.js';
import { loadParts } from './support/load-parts.js';
import { focusFindBySlash } from './support/find-box.js';
import { showTimes } from './support/times.js';

// Every page loads this module. All that it does is also there without it, only less smooth.
focusFindBySlash();
enableCopying();
showTimes();
void loadParts();
// A part was swapped for an address that is left again: its page is loaded as it was.
addEventListener('popstate', () => location.reload());
