import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The folder of the repository, with a slash at its end. */
export const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

/** The pages for people, as paths in the repository. */
export const PAGES: readonly string[] = [
  ...['README.md', 'CHANGELOG.md', 'CONTRIBUTING.md'],
  ...['docs', 'examples'].flatMap((folder) =>
    readdirSync(ROOT + folder, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.md'))
      .sort()
      .map((file) => `${folder}/${file}`),
  ),
];

/** The text of a page. */
export function readPage(page: string): string {
  return readFileSync(ROOT + page, 'utf8');
}

/** True when a file or folder of this path is in the repository. */
export function isInRepository(path: string): boolean {
  return existsSync(ROOT + path);
}

/** A fenced block of a page. */
export interface Block {
  readonly page: string;
  /** The line of its opening fence, from 1. */
  readonly line: number;
  readonly language: string;
  /** Its lines between the fences, without the indentation of the fences. */
  readonly lines: readonly string[];
  /** The HTML comment just before it, without its brackets: a mark that says why the block is not run, or what runs it. */
  readonly mark: string | undefined;
}

/** All fenced blocks of a page, in order; the help that `npm run docs` writes is left out. */
export function blocksOf(page: string, text = readPage(page)): Block[] {
  const blocks: Block[] = [];
  const lines = text
    .replace(/<!-- The help[\s\S]*?<!-- End of the help. -->/g, (help) => help.replace(/[^\n]/g, ''))
    .split('\n');
  for (let index = 0; index < lines.length; index += 1) {
    const [, indentation = '', language = ''] = /^( *)```(\w*)$/.exec(lines[index] ?? '') ?? [];
    if (!/^ *```/.test(lines[index] ?? '')) continue;
    const end = lines.indexOf(`${indentation}\`\`\``, index + 1);
    const before = lines.slice(0, index).findLast((line) => line.trim() !== '');
    blocks.push({
      page,
      line: index + 1,
      language,
      lines: lines.slice(index + 1, end).map((line) => line.slice(indentation.length)),
      mark: /^\s*<!-- (.*) -->$/.exec(before ?? '')?.[1],
    });
    index = end;
  }
  return blocks;
}

/** The file that a block shows, all of it, by the mark `the file PATH`; `undefined` for other blocks. */
export function listedFile({ mark }: Block): string | undefined {
  return /^the file (\S+)$/.exec(mark ?? '')?.[1];
}

/** The text of a page with other lines in some of its blocks. */
export function withBlocks(text: string, changes: ReadonlyMap<Block, readonly string[]>): string {
  const lines = text.split('\n');
  for (const [block, changed] of [...changes].toReversed()) {
    const [indentation = ''] = /^ */.exec(lines[block.line - 1] ?? '') ?? [];
    lines.splice(block.line, block.lines.length, ...changed.map((line) => indentation + line));
  }
  return lines.join('\n');
}
