import { Timestamp } from '../dist/src/index.js';
import type { ContenderName } from './contenders/contender.js';
import { openContender } from './contenders/open.js';

/** One run of R2: reads a long history once to warm up and once timed, and prints the run with the memory that both added. */
const [name = '', url = '', schema = '', hex = '', way] = process.argv.slice(2);
const contender = await openContender(name as ContenderName, { url, schema, connections: 1 });
const id = Timestamp.parse(hex);
const read = way === 'stream' ? contender.stream?.bind(contender) : contender.read.bind(contender);
if (read === undefined) throw new Error(`${name} cannot do that.`);
await contender.lastSequence(id);
globalThis.gc?.();
const before = process.memoryUsage.rss();
let most = before;
const sampler = setInterval(() => (most = Math.max(most, process.memoryUsage.rss())), 5);
await read(id);
const start = performance.now();
const count = await read(id);
const seconds = (performance.now() - start) / 1000;
clearInterval(sampler);
most = Math.max(most, process.memoryUsage.rss());
console.log(
  JSON.stringify({
    count,
    seconds,
    latencies: [seconds * 1000],
    memory: most / 2 ** 20,
    figures: { 'MB grown': Math.round((most - before) / 2 ** 20) },
  }),
);
await contender.close();
process.exit();
