import { enableBrush } from './support/brush.js';
import { appendPages } from './support/append-pages.js';
import { SWAPPED } from './support/swap-part.js';

// A time can be drawn over the histogram, and further pages are put below the first one.
enableBrush();
document.addEventListener(SWAPPED, enableBrush);
appendPages('results');
