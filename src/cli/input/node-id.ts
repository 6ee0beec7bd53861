import { InvalidArgumentError } from 'commander';

/** `--node`: flags, description and parser. */
export const NODE = [
  '--node <hex>',
  'only events that this node wrote: the last 16 digits of their timestamps',
  nodeId,
] as const;

/** A node id: up to 16 hex digits. */
function nodeId(text: string): bigint {
  if (!/^[0-9a-f]{1,16}$/i.test(text))
    throw new InvalidArgumentError('Write up to 16 hex digits, as they stand at the end of a timestamp.');
  return BigInt(`0x${text}`);
}
