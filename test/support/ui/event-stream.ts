import type { UiClient } from './ui-client.js';

/** A message of a stream of Server-Sent Events. */
export interface StreamedMessage {
  readonly name: string;
  readonly data: string;
}

/** A stream as the module of a page reads it. */
export interface StreamReader {
  readonly response: Response;
  /** The next message, or the next of a name; fails when the stream ends before. */
  next(name?: string): Promise<StreamedMessage>;
  /** All that is left, until the stream ends. */
  rest(): Promise<StreamedMessage[]>;
  /** Leaves it, as a browser does whose page is left. */
  leave(): Promise<void>;
}

/** Opens a stream of Server-Sent Events. */
export async function openStream(ui: UiClient, path: string): Promise<StreamReader> {
  return readStream(await ui.request(path));
}

/** Reads an answer as a stream of Server-Sent Events. */
export function readStream(response: Response): StreamReader {
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  const decoder = new TextDecoder();
  let text = '';
  const block = async (): Promise<string | undefined> => {
    while (!text.includes('\n\n')) {
      const { value, done } = await reader.read();
      if (done) return undefined;
      text += decoder.decode(value, { stream: true });
    }
    const end = text.indexOf('\n\n');
    const first = text.slice(0, end);
    text = text.slice(end + 2);
    return first;
  };
  const message = async (): Promise<StreamedMessage | undefined> => {
    for (let lines = await block(); lines !== undefined; lines = await block()) {
      const name = /^event: (.*)$/m.exec(lines)?.[1];
      if (name !== undefined)
        return { name, data: [...lines.matchAll(/^data: (.*)$/gm)].map(([, line]) => line).join('\n') };
      if (lines === ':') return { name: 'comment', data: '' };
    }
    return undefined;
  };
  return {
    response,
    next: async (name) => {
      for (let got = await message(); got !== undefined; got = await message())
        if (name === undefined ? got.name !== 'comment' : got.name === name) return got;
      throw new Error(`The stream ended before ${name ?? 'a message'}.`);
    },
    rest: async () => {
      const all: StreamedMessage[] = [];
      for (let got = await message(); got !== undefined; got = await message()) all.push(got);
      return all;
    },
    leave: () => reader.cancel(),
  };
}
