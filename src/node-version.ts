import { version, versions } from 'node:process';
import { type ErrorCode, MaestroError } from './errors.js';

/** The Node.js that runs this is too old for it. */
export class NodeVersionError extends MaestroError {
  readonly code = 'MAESTRO_NODE_VERSION' satisfies ErrorCode;
}

const [major = 0, minor = 0] = versions.node.split('.').map(Number);
// Imported before all else, so that what is missing in an old version is not met first.
if (major < 20 || (major === 20 && minor < 19))
  throw new NodeVersionError(`maestro-store needs Node.js 20.19 or newer; this is ${version}.`, {
    hint: 'Install a newer one (https://nodejs.org), or choose it with your version manager.',
  });
