import { InvalidArgumentError } from 'commander';

const EXAMPLE = 'F3D2116E5C2B276D';

/** The option `--node`: flags, description and parser. */
export const NODE = [
  '--node <hex>',
  'only events of this node: the 16 hex digits at the end of their timestamps',
  nodeId,
] as const;

/** Parses a node id: all 16 hex digits, because fewer could be the first or the last ones. */
function nodeId(text: string): bigint {
  if (!/^[0-9a-f]{16}$/i.test(text))
    throw new InvalidArgumentError(
      `is not a node. Write all 16 hex digits of the node, which are the end of a timestamp such as 2026-11-22T14:34:05.250Z-0000-${EXAMPLE}.`,
    );
  return BigInt(`0x${text}`);
}
