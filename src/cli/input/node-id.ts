import { InvalidArgumentError } from 'commander';

const EXAMPLE = 'F3D2116E5C2B276D';

/** `--node`: flags, description and parser. */
export const NODE = [
  '--node <hex>',
  'only events that this node wrote: all 16 digits at the end of their timestamps',
  nodeId,
] as const;

/** A node id: all of its 16 hex digits, as nobody can tell whether fewer are its first or its last ones. */
function nodeId(text: string): bigint {
  if (!/^[0-9a-f]{16}$/i.test(text))
    throw new InvalidArgumentError(
      `is not a node. Write all 16 hex digits of the node, as they stand at the end of a timestamp such as 2026-11-22T14:34:05.250Z-0000-${EXAMPLE}.`,
    );
  return BigInt(`0x${text}`);
}
