import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/**
 * A local HTTP server for the tests of this room: bytes by name, downloads that can be held, and handlers of any
 * manner.
 */
export class TestServer {
  readonly handlers = new Map<string, Handler>();
  readonly #bytes = new Map<string, Uint8Array>();
  readonly #fetches = new Map<string, number>();
  readonly #gates = new Map<string, Promise<void>>();
  readonly #server = createServer((request, response) => this.#answer(request, response));

  async listen(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return this;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  url(name: string): string {
    return `http://127.0.0.1:${this.port}/${name}`;
  }

  put(name: string, bytes: Uint8Array): string {
    this.#bytes.set(name, bytes);
    return this.url(name);
  }

  remove(name: string): void {
    this.#bytes.delete(name);
  }

  fetches(name: string): number {
    return this.#fetches.get(name) ?? 0;
  }

  hold(name: string): () => void {
    const gate = Promise.withResolvers<void>();
    this.#gates.set(name, gate.promise);
    return () => {
      this.#gates.delete(name);
      gate.resolve();
    };
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    if (this.#server.listening) await new Promise((resolve) => this.#server.close(resolve));
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const name = (request.url ?? '/').slice(1);
    this.#fetches.set(name, this.fetches(name) + 1);
    const handler = this.handlers.get(name);
    const bytes = this.#bytes.get(name);
    if (handler !== undefined) {
      handler(request, response);
      return;
    }
    if (bytes === undefined) {
      response.writeHead(404).end();
      return;
    }
    const half = Math.floor(bytes.length / 2);
    response.writeHead(200, { 'content-length': bytes.length });
    response.write(bytes.subarray(0, half));
    void (this.#gates.get(name) ?? Promise.resolve()).then(() => response.end(bytes.subarray(half)));
  }
}
