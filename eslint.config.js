import tseslint from 'typescript-eslint';

/** Members of Knex, its pool and the drivers that are documented for nobody; `src/store/driver/relied-upon.ts` describes them. */
const INTERNALS =
  '/^(?:__knex.*|_query|_driver|_acquireOnlyConnection|acquire(?:Raw)?Connection|releaseConnection|destroyRawConnection|getTransactionStatus|execProtocol.*)$/';
const BELOW_KNEX = 'Only src/store/driver looks below the public interface of Knex: use driverOf(), see docs/adr/0015.';
const UNLISTED =
  'Write `… satisfies ErrorCode`, so that the compiler asks for its place in the list and for an exit code.';

export default tseslint.config(
  {
    ignores: [
      'dist/',
      'build/',
      'coverage/',
      '.stryker-tmp/',
      '{eslint,test}.config.js',
      '.dependency-cruiser.js',
      '{examples,bench}/**/*.mjs',
    ],
  },
  ...tseslint.configs.recommendedTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      // A method that an interface makes asynchronous may have nothing to wait for.
      '@typescript-eslint/require-await': 'off',
    },
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      // What a driver or JSON.parse returns is looked at as it is.
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
    },
  },
  {
    ignores: ['{src,test}/store/driver/**', 'test/support/connections.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        { selector: `Identifier[name=${INTERNALS}]`, message: BELOW_KNEX },
        { selector: 'Literal[value=/^knex.lib/]', message: BELOW_KNEX },
        { selector: 'MemberExpression[property.name="client"][object.name=/knex|transaction/i]', message: BELOW_KNEX },
        { selector: 'MemberExpression[property.name="client"][object.property.name="knex"]', message: BELOW_KNEX },
        { selector: 'PropertyDefinition[key.name="code"] > Literal[value=/^MAESTRO_/]', message: UNLISTED },
      ],
    },
  },
  {
    files: ['examples/**/*.test.ts'],
    rules: {
      // Node waits for its tests by itself.
      '@typescript-eslint/no-floating-promises': [
        'error',
        { allowForKnownSafeCalls: [{ from: 'package', name: 'test', package: 'node:test' }] },
      ],
    },
  },
  {
    files: ['src/**/*.{ts,tsx}'],
    ignores: ['src/store/driver/**'],
    rules: {
      'no-restricted-imports': [
        'error',
        { patterns: [{ regex: '^(?:pg|pg-copy-streams|tarn|knex/.*)$', message: BELOW_KNEX }] },
      ],
    },
  },
);
