import { get } from 'node:http';
import { connect } from 'node:net';
import type { HealthProber } from '../../ports/health-prober.ts';

/** Probes over real sockets from the host. A probe ends with its first evidence; what it opened is closed in every case. */
export function createHealthProber(): HealthProber {
  return {
    tcp: ({ host, port }, signal) =>
      new Promise((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason);
        const socket = connect({ host, port, signal });
        socket.once('connect', () => {
          resolve(null);
          socket.destroy();
        });
        socket.once('error', (error) => {
          if (signal.aborted) reject(signal.reason);
          else resolve(error.message);
        });
      }),
    http: ({ host, port, path }, signal) =>
      new Promise((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason);
        const request = get({ host, port, path, signal, agent: false }, (response) => {
          const status = response.statusCode ?? 0;
          resolve(status >= 200 && status < 400 ? null : `answered with status ${status}`);
          response.destroy();
        });
        request.once('error', (error) => {
          if (signal.aborted) reject(signal.reason);
          else resolve(error.message);
        });
      }),
  };
}
