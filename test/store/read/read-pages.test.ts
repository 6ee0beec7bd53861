import { fc, testProp } from '@fast-check/ava';
import test from 'ava';
import { type PageSizing, readPages } from '../../../src/store/read/read-pages.js';

/** The pages of a table of so many rows, copied before they are emptied, and how many rows each query asked for. */
async function pagesOf(rows: number, sizing: PageSizing<number>) {
  const asked: number[] = [];
  const select = async (after: number | undefined, size: number) => {
    asked.push(size);
    const first = (after ?? 0) + 1;
    return Array.from({ length: Math.max(0, Math.min(size, rows - first + 1)) }, (_, index) => first + index);
  };
  const pages: number[][] = [];
  for await (const page of readPages(select, sizing)) pages.push([...page]);
  return { pages, asked };
}

testProp(
  'every row up to the limit is read once, in order, and no query follows a page that is not full',
  [
    fc.nat({ max: 400 }),
    fc.record({ limit: fc.option(fc.nat({ max: 300 }), { nil: undefined }), size: fc.integer({ min: 1, max: 90 }) }),
    fc.boolean(),
  ],
  async (t, rows, { limit, size }, ahead) => {
    for (const sizing of [
      { limit, ahead, size },
      { limit, ahead, lengthOf: () => 30_000 },
    ]) {
      const { pages, asked } = await pagesOf(rows, sizing);
      const read = Math.min(rows, limit ?? rows);
      t.deepEqual(
        pages.flat(),
        Array.from({ length: read }, (_, index) => index + 1),
      );
      t.false(pages.slice(0, -1).some((page, index) => page.length < (asked[index] ?? 0)));
      t.true(asked.length <= pages.length + 1);
    }
  },
);

test('pages of long rows become smaller and pages of short ones larger, until they hold about a megabyte', async (t) => {
  const long = await pagesOf(200, { lengthOf: () => 1024 * 1024 });
  t.deepEqual(long.asked.slice(0, 3), [64, 1, 1]);
  const short = await pagesOf(3000, { lengthOf: () => 1 });
  t.deepEqual(short.asked, [64, 256, 1024, 2048]);
});

test('a page is emptied when the next one is asked for', async (t) => {
  const pages: number[][] = [];
  const select = async (after = 0, size: number) => [after + 1, after + 2].slice(0, size);
  for await (const page of readPages(select, { size: 2, limit: 5 })) {
    t.deepEqual(pages.flat(), []);
    pages.push(page);
  }
  t.is(pages.length, 3);
});

test('ahead, one page more is being read than the caller has, and its failure is told when its turn comes', async (t) => {
  let asked = 0;
  const select = async () => {
    asked += 1;
    if (asked === 3) throw new Error('the third page');
    return [asked];
  };
  const pages = readPages(select, { size: 1, ahead: true });
  await pages.next();
  t.is(asked, 2);
  await pages.next();
  t.is(asked, 3);
  await t.throwsAsync(pages.next(), { message: 'the third page' });
});

test('ahead, a caller that stops hears nothing of a page that fails', async (t) => {
  let isFirst = true;
  const select = async () => {
    if (!isFirst) throw new Error('a page that nobody wants');
    isFirst = false;
    return [1];
  };
  for await (const page of readPages(select, { size: 1, ahead: true })) {
    t.deepEqual(page, [1]);
    break;
  }
});
