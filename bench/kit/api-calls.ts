import { Agent, request } from 'node:http';

/** An API under test, and who asks. */
export interface Api {
  readonly address: string;
  readonly token: string;
}

const agent = new Agent({ keepAlive: true, maxSockets: 128 });

/** A lean request over kept connections. Rejects for everything but success. */
export async function call(api: Api, method: string, path: string, body: unknown = null): Promise<string> {
  return Buffer.concat(await callForBytes(api, method, path, body)).toString();
}

/** The same with the answer as it arrives, for answers whose size is what is measured. */
export function callForBytes(api: Api, method: string, path: string, body: unknown = null): Promise<readonly Buffer[]> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${api.token}`, 'content-type': 'application/json' };
    const sent = request(api.address + path, { method, headers, agent }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        if ((response.statusCode ?? 500) < 300) resolve(chunks);
        else reject(new Error(`${method} ${path}: ${response.statusCode} ${chunks.join('').slice(0, 500)}`));
      });
    });
    sent.once('error', reject);
    sent.end(body === null ? undefined : JSON.stringify(body));
  });
}

/** Runs `count` calls, `width` at a time. */
export async function inParallel(count: number, width: number, act: (n: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) await act(next++);
  };
  await Promise.all(Array.from({ length: width }, worker));
}
