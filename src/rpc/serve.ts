import type { Server as NetServer, Socket } from 'node:net';
import { Connection, type ConnectionOptions } from './connection.ts';

/** Connections one server holds at once by default; a fleet's worth, and a bound on what strangers can open. */
export const DEFAULT_MAX_CONNECTIONS = 4_096;

export type ServeOptions = ConnectionOptions & {
  /** More are refused by closing them at once. */
  readonly maxConnections?: number;
  /** Told of each connection with the socket it came over, before anything is read from it. */
  readonly onConnection?: (connection: Connection, socket: Socket) => void;
};

export type Serving = {
  readonly connections: ReadonlySet<Connection>;
  /** Stops listening and ends every connection; resolves when all have ended. */
  close(reason?: string): Promise<void>;
};

/** Speaks RPC on every connection a `net`, `tls` or unix socket server accepts. */
export function serveRpc(server: NetServer, options: ServeOptions): Serving {
  const connections = new Set<Connection>();
  const limit = options.maxConnections ?? DEFAULT_MAX_CONNECTIONS;
  const accept = (socket: Socket): void => {
    if (connections.size >= limit) {
      socket.destroy();
      return;
    }
    const connection = new Connection(socket, {
      ...options,
      onClose: (reason) => {
        connections.delete(connection);
        options.onClose?.(reason);
      },
    });
    connections.add(connection);
    options.onConnection?.(connection, socket);
  };
  // A TLS server announces the raw socket first; the encrypted one is what we speak on.
  const event = 'setSecureContext' in server ? 'secureConnection' : 'connection';
  server.on(event, accept);
  return {
    connections,
    async close(reason = 'the server is shutting down') {
      server.off(event, accept);
      const stopped = new Promise<void>((resolve) => {
        if (server.listening) server.close(() => resolve());
        else resolve();
      });
      const all = [...connections];
      for (const connection of all) connection.close(reason);
      await Promise.all(all.map((connection) => connection.closed));
      await stopped;
    },
  };
}
