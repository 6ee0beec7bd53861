import { fileURLToPath } from 'node:url';
import test from 'ava';
import ts from 'typescript';
import { samplesIn } from '../../support/pages/samples.js';

const root = fileURLToPath(new URL('../../..', import.meta.url)).replace(/\/$/, '');
/** A folder that is not there, for what the compiler takes from the pages. */
const folder = `${root}/samples`;
/** `process.env.NAME` is as right as `process.env['NAME']`, which our own configuration asks for. */
const PROPERTY_OF_INDEX = 4111;

const types = [
  `${root}/test/aggregate/types.ts`,
  `${root}/test/projection/types.ts`,
  `${root}/test/testing/scenario/types.ts`,
];
const samples = samplesIn(folder);
/** One program for all of it, because most of its time goes into the declarations that both need. */
const program = (() => {
  const { config } = ts.readConfigFile(`${root}/tsconfig.json`, (path) => ts.sys.readFile(path));
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const host = ts.createCompilerHost(options);
  host.fileExists = (path) => samples.has(path) || ts.sys.fileExists(path);
  host.readFile = (path) => samples.get(path) ?? ts.sys.readFile(path);
  host.directoryExists = (path) => path.startsWith(folder) || ts.sys.directoryExists(path);
  const packages = `${root}/src/connection/embedded/fs-native-extensions.d.ts`;
  return ts.createProgram([...types, packages, ...samples.keys()], options, host);
})();
// The sources themselves are checked by the build.
const problems = [...types, ...samples.keys()].flatMap((file) => [
  ...ts.getPreEmitDiagnostics(program, program.getSourceFile(file)),
]);

function isInSample({ file }: ts.Diagnostic): boolean {
  return file?.fileName.startsWith(folder) ?? false;
}

function textOf(diagnostics: readonly ts.Diagnostic[]): string {
  return ts.formatDiagnostics(diagnostics, {
    getCanonicalFileName: String,
    getCurrentDirectory: () => root,
    getNewLine: () => '\n',
  });
}

test('the compiler infers what it must, and refuses what it must', (t) => {
  t.is(textOf(problems.filter((problem) => !isInSample(problem))), '');
});

test('the TypeScript of the pages compiles', (t) => {
  t.is(textOf(problems.filter((problem) => isInSample(problem) && problem.code !== PROPERTY_OF_INDEX)), '');
});
