import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import type { UiHandler } from '../../src/ui/handler.js';

/** Pages on a free port of this machine. */
export interface ServedPages {
  /** The address of the server, without a slash at its end. */
  readonly origin: string;
  close(): Promise<void>;
}

/** Serves pages as a program does that has mounted them. */
export async function servePages(handler: UiHandler): Promise<ServedPages> {
  const listener = getRequestListener(handler);
  const server = createServer((request, response) => void listener(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
