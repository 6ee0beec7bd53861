/**
 * Rules for which folder may import which, held by `npm run lint`: docs/architecture.md says why. Types count as imports.
 *
 * @type {import('dependency-cruiser').IConfiguration}
 */

/** The words that all layers share; they import nothing that runs. */
const WORDS = ['^src/(assert-options|errors|events|result|nearest|node-version)\\.ts$'];

/** Folders that each layer may import, besides itself and the shared words. */
const LAYERS = {
  '^bin/': ['^src/cli/'],
  // A configuration file imports the public API, which the command line hands to it.
  '^src/cli/': [
    '^src/(index|configuration)\\.ts$',
    '^src/(ui|connection|aggregate|projection|folding|admin|store|json|hlc|text)/',
  ],
  // What runs in a browser is a program of its own, without Node.js.
  '^src/ui/browser/': [],
  '^src/ui/(?!browser/)': ['^src/(aggregate|projection|folding|admin|store|json|hlc|text)/'],
  '^src/configuration\\.ts$': ['^src/(aggregate|projection|connection)/'],
  '^src/connection/': ['^src/store/'],
  '^src/aggregate/': ['^src/(store|json|hlc)/'],
  '^src/projection/': ['^src/(aggregate|store|json|hlc|text)/'],
  '^src/folding/': ['^src/(aggregate|admin|store|json|hlc|text)/'],
  '^src/admin/': ['^src/(store|json|hlc|text)/'],
  '^src/testing/': ['^src/(aggregate|projection|store|json|hlc)/'],
  '^src/store/': ['^src/(json|hlc)/', '^migrations/'],
  '^migrations/': ['^src/store/'],
  '^src/json/': [],
  '^src/hlc/': [],
  '^src/text/': ['^src/hlc/'],
};

/** The files that are run or imported from outside. */
const ENTRIES =
  '^(bin/maestro|src/index|src/admin/index|src/testing/index|src/ui/index|src/ui/browser/[\\w-]+|src/connection/embedded/engine-worker|knexfile)\\.ts$';

export default {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'Two files that import each other cannot be read, tested or moved one without the other.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-leftovers',
      comment: 'A source that neither the command nor an export of the package reaches is left over.',
      severity: 'error',
      from: { path: ENTRIES },
      to: {
        path: '^(bin|src|migrations)/',
        pathNot: ['\\.d\\.ts$', ENTRIES],
        reachable: false,
      },
    },
    ...Object.entries(LAYERS).map(([layer, allowed]) => ({
      name: `layer ${layer.replace(/[\\^$]/g, '')}`,
      comment: 'Imports go one way, from the command line down to the shared words.',
      severity: 'error',
      from: { path: layer },
      to: { path: '^(bin|src|migrations|scripts|test|bench|examples)/', pathNot: [layer, ...allowed, ...WORDS] },
    })),
    {
      name: 'shared words import values only',
      severity: 'error',
      from: { path: WORDS },
      to: { path: '^(bin|src|migrations)/', pathNot: ['^src/hlc/timestamp\\.ts$', '^src/json/types\\.ts$', ...WORDS] },
    },
    {
      name: 'sources do not know their tests',
      severity: 'error',
      from: { path: '^(scripts|bench|examples)/' },
      to: { path: '^test/' },
    },
  ],
  options: {
    doNotFollow: { path: '(^|/)(node_modules|dist)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.tsx', '.mts', '.js', '.mjs', '.json'],
      conditionNames: ['import', 'types', 'node', 'default'],
    },
  },
};
