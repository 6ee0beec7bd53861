import { readdirSync } from 'node:fs';
import { posix } from 'node:path';
import test from 'ava';
import { blocksOf, isInRepository, PAGES, readPage, ROOT } from '../support/pages/pages.js';

/** The files and folders of the published package; npm adds two to those that the manifest names. */
const PUBLISHED = [...(JSON.parse(readPage('package.json')) as { files: string[] }).files, 'README.md', 'LICENSE'];

/** The links of a page to other pages and files, each as the path in the repository and the heading. */
function linksOf(page: string): { link: string; path: string; anchor: string | undefined }[] {
  const text = readPage(page).replace(/^( *)```[\s\S]*?^\1```/gm, '');
  const links = [...text.matchAll(/\]\(\s*([^)\s]+)\)|<img [^>]*src="([^"]+)"/g)].map(
    ([, url, image]) => url ?? image ?? '',
  );
  return links
    .filter((link) => !/^[a-z]+:/.test(link))
    .map((link) => {
      const [file = '', anchor] = link.split('#');
      return { link, path: file === '' ? page : posix.join(posix.dirname(page), file), anchor };
    });
}

/** The anchors of a page: of its headings, as GitHub makes them, and those that it sets itself. */
function anchorsOf(page: string): Set<string> {
  const text = readPage(page).replace(/^( *)```[\s\S]*?^\1```/gm, '');
  const headings = [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replace(/ /g, '-'),
  );
  return new Set([...headings, ...[...text.matchAll(/<a id="([^"]+)">/g)].map(([, id = '']) => id)]);
}

/** True when whoever installed the package has this file or folder. */
function isPublished(path: string): boolean {
  return PUBLISHED.some((published) => `${path}/`.startsWith(`${published}/`));
}

test('every link of a page leads to a file and a heading that are there', (t) => {
  const dead = PAGES.flatMap((page) =>
    linksOf(page)
      .filter(({ path, anchor }) => !isInRepository(path) || (anchor !== undefined && !anchorsOf(path).has(anchor)))
      .map(({ link }) => `${page}: ${link}`),
  );
  t.deepEqual(dead, []);
});

test('the pages of the package lead to nothing that is in the repository only', (t) => {
  const missing = PAGES.filter((page) => /^(docs|examples)\//.test(page)).flatMap((page) =>
    linksOf(page)
      .filter(({ path }) => !isPublished(path))
      .map(({ link }) => `${page}: ${link}`),
  );
  t.deepEqual(missing, []);
});

test('the map of the pages has a line for each: docs/README.md, docs/cli/README.md and docs/adr/README.md', (t) => {
  for (const page of PAGES.filter((path) => path.startsWith('docs/'))) {
    const [, folder = ''] = /^docs\/(cli\/|adr\/)?/.exec(page) ?? [];
    const map = page.endsWith('/README.md') ? 'docs/README.md' : `docs/${folder}README.md`;
    if (page === map) continue;
    t.true(
      linksOf(map).some(({ path }) => path === page),
      `${map} does not lead to ${page}`,
    );
  }
});

test('each decision has a date and a status, and the list of decisions says the same', (t) => {
  const list = readPage('docs/adr/README.md');
  for (const page of PAGES.filter((path) => /^docs\/adr\/\d/.test(path))) {
    const [, number, title, date, status = ''] =
      /^# (\d+)\. (.*)\n\n(\d{4}-\d\d-\d\d)\. ((?:Accepted\.|Amended by|Superseded by)[\s\S]*?)\n\n/.exec(
        readPage(page),
      ) ?? [];
    t.truthy(date, `${page} begins with its title, its date and its status`);
    const [, change, by] = /(amended|superseded) by \[(\d+)\]/i.exec(status) ?? [];
    const cells = [
      number,
      date,
      `[${title}](${posix.basename(page)})`,
      by === undefined ? 'accepted' : `${change?.toLowerCase()} by ${by}`,
    ];
    t.true(
      list.split('\n').some((row) => row.replace(/ +/g, ' ') === `| ${cells.join(' | ')} |`),
      `docs/adr/README.md has no row ${cells.join(' | ')}`,
    );
    if (by !== undefined)
      t.true(
        PAGES.some((other) => other.startsWith(`docs/adr/${by.padStart(4, '0')}-`)),
        page,
      );
  }
});

/**
 * The files and folders that a page names in code, such as `cli/run.ts` and `test/faults/`; in the page of the
 * architecture also without a folder.
 */
function namedIn(page: string): string[] {
  const hasBareNames = page === 'docs/architecture.md';
  const inline = [...readPage(page).matchAll(/`([^`\n]+)`/g)].flatMap(([, code = '']) => code.split(/[\s,:]+/));
  const trees = blocksOf(page).filter(({ language }) => language === '');
  const words = [...inline, ...trees.flatMap(({ lines }) => lines.map((line) => line.split(' ', 1)[0] ?? ''))];
  return words.filter(
    (word) =>
      /^[\w@.-]+(\/[\w@.-]+)*\/?$/.test(word) &&
      /\.(ts|mjs|js|json|sql)$|\/$/.test(word) &&
      (hasBareNames || /\/./.test(word)),
  );
}

/** Files of an application, or of a machine, that pages name. */
const ELSEWHERE: readonly string[] = ['docs/security.md: node_modules/maestro-store/dist/bin/maestro.js'];

test('the files that pages name are there', (t) => {
  const sources = readdirSync(`${ROOT}src`, { recursive: true, encoding: 'utf8' }).map((file) => `/${file}`);
  const isThere = (page: string, name: string) =>
    [name, `src/${name}`, `test/${name}`, posix.join(posix.dirname(page), name)].some(isInRepository) ||
    (!name.slice(0, -1).includes('/') && sources.some((file) => file.endsWith(`/${name.replace(/\/$/, '')}`)));
  const missing = PAGES.filter((page) => page !== 'CHANGELOG.md').flatMap((page) =>
    namedIn(page)
      .filter((name) => !isThere(page, name))
      .map((name) => `${page}: ${name}`),
  );
  t.deepEqual(missing, [...ELSEWHERE]);
});
