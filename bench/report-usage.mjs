// Preloaded into a measured process: leaves its peak memory, in kilobytes, in the file that USAGE_FILE names.
import { writeFileSync } from 'node:fs';

process.on('exit', () => writeFileSync(process.env.USAGE_FILE, String(process.resourceUsage().maxRSS)));
