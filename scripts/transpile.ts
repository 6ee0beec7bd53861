import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { transform } from 'esbuild';

/** Folders with files that a test may import. */
const FOLDERS = ['bin', 'examples', 'migrations', 'scripts', 'src', 'test'];

/**
 * Compiles the sources and tests to JavaScript in a folder of the project, so that not each of a hundred test processes
 * compiles them again. `import.meta.url` in a compiled file is that of its source, so that it finds the files beside that.
 */
export async function transpile(root: string, folder: string): Promise<void> {
  rmSync(join(root, folder), { recursive: true, force: true });
  const files = FOLDERS.flatMap((name) =>
    readdirSync(join(root, name), { recursive: true, encoding: 'utf8' }).map((file) => join(name, file)),
  ).filter((file) => /(?<!\.d)\.tsx?$/.test(file));
  await Promise.all(
    files.map(async (file) => {
      const source = join(root, file);
      const target = join(root, folder, file.replace(/\.tsx?$/, '.js'));
      const { code } = await transform(readFileSync(source, 'utf8'), {
        loader: file.endsWith('x') ? 'tsx' : 'ts',
        jsx: 'automatic',
        jsxImportSource: 'hono/jsx',
        target: 'node20',
        sourcefile: source,
        sourcemap: 'inline',
        sourcesContent: false,
        define: { 'import.meta.url': JSON.stringify(pathToFileURL(source).href) },
      });
      mkdirSync(dirname(target), { recursive: true });
      writeFileSync(target, code);
    }),
  );
}
