import { writeFileSync } from 'node:fs';
import test from 'ava';
import { blocksOf, listedFile, PAGES, readPage, ROOT, withBlocks } from '../support/pages/pages.js';

/** `UPDATE_PAGES=1 npm test -- test/docs/listings.test.ts` writes the files into the pages as they are now. */
const update = process.env['UPDATE_PAGES'] === '1';

test('the files that pages show are shown as they are', (t) => {
  let count = 0;
  for (const page of PAGES) {
    const changes = new Map(
      blocksOf(page).flatMap((block) => {
        const file = listedFile(block);
        return file === undefined ? [] : [[block, readPage(file).trimEnd().split('\n')] as const];
      }),
    );
    count += changes.size;
    if (update && changes.size > 0) writeFileSync(ROOT + page, withBlocks(readPage(page), changes));
    else for (const [block, lines] of changes) t.deepEqual(block.lines, lines, `${page}: ${listedFile(block)}`);
  }
  t.true(count > 0);
});
