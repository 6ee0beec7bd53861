#!/usr/bin/env node
// Whatever Node.js this is, it has to be able to read this file: it imports nothing before it has looked, and the build
// writes it in the words of Node.js 10 (`scripts/build.ts`).

/** The oldest supported version of Node.js, the same as in package.json. */
const OLDEST = [20, 19] as const;

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])) void import('./main.js');
else {
  const message = `Maestro needs Node.js ${OLDEST.join('.')} or newer; this is ${process.version}.`;
  const hint = 'Install a newer one (https://nodejs.org), or choose it with your version manager. Nothing was done.';
  const code = 'MAESTRO_NODE_VERSION';
  const isJson = process.argv.some((word) => /^(-o|--output=)?(nd)?json$/.test(word));
  process.exitCode = 2;
  process.stderr.write(
    isJson ? `${JSON.stringify({ error: { code, message, hint } })}\n` : `error: ${message}\nhint: ${hint}\n`,
  );
}
