import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { transform } from 'esbuild';

/** Where whatever a test may import lies. */
const FOLDERS = ['bin', 'examples', 'migrations', 'scripts', 'src', 'test'];

/**
 * Writes the sources and tests as JavaScript into a folder of the project, each file at its own path, so that a test process
 * need not compile them: there are more than a hundred, and each would compile all that it imports. A file believes
 * that it lies where its source does, and finds beside it what is there.
 */
export async function transpile(root: string, folder: string): Promise<void> {
  rmSync(join(root, folder), { recursive: true, force: true });
  const files = FOLDERS.flatMap((name) =>
    readdirSync(join(root, name), { recursive: true, encoding: 'utf8' }).map((file) => join(name, file)),
  ).filter((file) => /(?<!\.d)\.ts$/.test(file));
  await Promise.all(
    files.map(async (file) => {
      const source = join(root, file);
      const target = join(root, folder, file.replace(/\.ts$/, '.js'));
      const { code } = await transform(readFileSync(source, 'utf8'), {
        loader: 'ts',
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
