import { fileURLToPath } from 'node:url';
import test from 'ava';
import ts from 'typescript';

const root = fileURLToPath(new URL('../../..', import.meta.url));

test('the compiler infers what it must, and refuses what it must', (t) => {
  const { config } = ts.readConfigFile(`${root}/tsconfig.json`, (path) => ts.sys.readFile(path));
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const program = ts.createProgram(
    [`${root}/test/aggregate/types.ts`, `${root}/src/connection/fs-native-extensions.d.ts`],
    options,
  );

  const problems = ts.getPreEmitDiagnostics(program);

  t.is(
    ts.formatDiagnostics(problems, {
      getCanonicalFileName: String,
      getCurrentDirectory: () => root,
      getNewLine: () => '\n',
    }),
    '',
  );
});
