import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Ports that are tried one after another, before any that is free. */
const TRIED = 20;

/** Listens on a port, or on the next one that is free; resolves to it. Rejects when the host is none of this machine. */
export async function listen(server: Server, host: string, port: number): Promise<number> {
  const last = Math.min(port + TRIED, 65_535);
  for (let tried = port; tried <= last; tried += 1) if (await isFree(server, host, tried)) return portOf(server);
  await isFree(server, host, 0);
  return portOf(server);
}

/** Listens on a port; false when somebody else does. */
async function isFree(server: Server, host: string, port: number): Promise<boolean> {
  try {
    server.listen({ host, port });
    await once(server, 'listening');
    return true;
  } catch (error) {
    if (!['EADDRINUSE', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    return false;
  }
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}
