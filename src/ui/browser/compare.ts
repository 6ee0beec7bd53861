import { enableBrush } from './support/brush.js';

// A time can be drawn over the lanes.
enableBrush();
