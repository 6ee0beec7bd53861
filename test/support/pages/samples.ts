import { type Block, blocksOf, listedFile, PAGES } from './pages.js';

/** Code around a sample that is only a part of a program, by the page and the first words of the sample. */
const AROUND: readonly {
  readonly page: string;
  readonly begins: string;
  readonly before: string;
  readonly after?: string;
}[] = [
  {
    page: 'docs/aggregates.md',
    begins: 'const first = ',
    before: `import type { AggregatesOf, Timestamp } from 'maestro-store';
import type { Account } from './src/account.js';
declare const accounts: AggregatesOf<typeof Account>, id: Timestamp;`,
    after: 'export { again, first };',
  },
  {
    page: 'docs/aggregates.md',
    begins: 'schemas:',
    before: `import { defineAggregate } from 'maestro-store';
import { z } from 'zod';
export default defineAggregate({ name: 'account', initialState: () => ({ balance: 0 }), commands: {},`,
    after: '});',
  },
  {
    page: 'docs/aggregates.md',
    begins: 'aliases:',
    before: `import { defineAggregate } from 'maestro-store';
export default defineAggregate({ name: 'account', initialState: () => ({}), commands: {},
events: { deposited: (state) => state },`,
    after: '});',
  },
  {
    page: 'docs/aggregates.md',
    begins: 'const requests',
    before: `import { AsyncLocalStorage } from 'node:async_hooks';
import { openAggregates, type Store, type Timestamp } from 'maestro-store';
import { Account } from './src/account.js';
declare const store: Store, id: Timestamp;`,
  },
  {
    page: 'docs/store.md',
    begins: 'const metadata',
    before: `import { appendEvents, type Clock, type PostgresStore, type Timestamp } from 'maestro-store';
declare const store: PostgresStore, clock: Clock, aggregateId: Timestamp;`,
  },
  {
    page: 'docs/aggregates.md',
    begins: 'projections:',
    before: `import { claim, defineAggregate } from 'maestro-store';
export default defineAggregate({ name: 'account', initialState: () => ({}), commands: {},
events: { opened: (state, _body: { owner: string }) => state },`,
    after: '});',
  },
  {
    page: 'docs/aggregates.md',
    begins: 'snapshot:',
    before: `import { defineAggregate } from 'maestro-store';
export default defineAggregate({ name: 'prices', initialState: () => new Map<string, number>(), commands: {}, events: {},`,
    after: '});',
  },
  {
    page: 'docs/aggregates.md',
    begins: 'await knex.transaction',
    before: `import type { AggregatesOf, Knex, Timestamp } from 'maestro-store';
import type { Account } from './src/account.js';
declare const knex: Knex, accounts: AggregatesOf<typeof Account>, from: Timestamp, to: Timestamp;`,
  },
  {
    page: 'docs/coming-from-elixir.md',
    begins: 'const Counter',
    before: `import { Clock, defineAggregate, openAggregates, openDatabase, type Timestamp } from 'maestro-store';
declare const id: Timestamp;`,
  },
  {
    page: 'docs/coming-from-elixir.md',
    begins: 'const clock',
    before: `import { Clock } from 'maestro-store';`,
    after: 'export { clock };',
  },
  {
    page: 'docs/coming-from-elixir.md',
    begins: 'export default defineConfig',
    before: `import { defineConfig, openDatabase } from 'maestro-store';
declare const url: string;`,
  },
  {
    page: 'docs/read-models.md',
    begins: 'const accounts',
    before: `import { type Clock, type Knex, openAggregates, type Store, type Timestamp } from 'maestro-store';
import { Account } from './src/account.js';
import { owners } from './src/owners.js';
declare const store: Store, clock: Clock, knex: Knex, id: Timestamp;`,
    after: 'export { row };',
  },
  {
    page: 'docs/read-models.md',
    begins: 'const stop',
    before: `import { type Database, runProjections } from 'maestro-store';
import { mails } from './src/mails.js';
import { owners } from './src/owners.js';
declare const database: Database;`,
  },
  {
    page: 'README.md',
    begins: 'const database',
    before: `import { defineProjection, openDatabase, runProjections } from 'maestro-store';
import { Account } from './src/readme-account.js';`,
  },
];

/** Files that samples import, below the folder: `Account` of the pages, and what other samples define. */
const IMPORTED: Readonly<Record<string, string>> = {
  'src/account.ts': `export { BankAccount as Account } from '../../examples/bank/account.js';`,
  'src/readme-account.ts': `import { defineAggregate } from 'maestro-store';
export const Account = defineAggregate({ name: 'account', initialState: () => 0, commands: {},
events: { deposited: (state: number, _body: { amount: number }) => state } });`,
  'src/test-database.ts': `import type { Database } from 'maestro-store';
export declare const database: Database;`,
};

/**
 * The TypeScript of the pages as programs, by the paths at which a compiler is to find them, below a folder. A part of a
 * program gets what stands around it; whatever begins with an import is whole.
 */
export function samplesIn(folder: string): Map<string, string> {
  const samples = PAGES.flatMap((page) => blocksOf(page))
    // A file that a page shows is compiled where it lies.
    .filter((block) => block.language === 'ts' && listedFile(block) === undefined)
    .map((block): [string, string] => [
      `${folder}/${block.page.replace(/\W/g, '-')}-${block.line}.ts`,
      programOf(block),
    ]);
  const imported = Object.entries({ ...IMPORTED, ...definitionsOf('docs/read-models.md') });
  return new Map([...samples, ...imported.map(([file, text]): [string, string] => [`${folder}/${file}`, text])]);
}

/** Exports of the samples of a page, each as a file of its name, for other samples of the page. */
function definitionsOf(page: string): Record<string, string> {
  const found = blocksOf(page).flatMap(({ lines }) => {
    const text = lines.join('\n');
    const [, name] = /^export const (\w+)/m.exec(text) ?? [];
    return name === undefined ? [] : [[`src/${name}.ts`, text.replaceAll("'./src/", "'./")]];
  });
  return Object.fromEntries(found) as Record<string, string>;
}

function programOf({ page, line, lines }: Block): string {
  const sample = lines.join('\n');
  if (/^(\/\/ .*\n)?import /.test(sample)) return sample;
  const around = AROUND.find((entry) => entry.page === page && sample.startsWith(entry.begins));
  if (around === undefined) throw new Error(`${page}:${line}: say what stands around this sample.`);
  return `${around.before}\n${sample}\n${around.after ?? 'export {};'}`;
}
