import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { socketPathMax } from '../listen-fault.ts';

/** Where `up` keeps things below its data directory. */
export interface UpPaths {
  /** Base URL of the control plane that runs now. */
  readonly address: string;
  readonly adminToken: string;
  /** What the control plane says. */
  readonly serverLog: string;
  readonly agentDir: string;
  /** What server and agent hold the locks of while they run. */
  readonly held: readonly string[];
  readonly nodeSocket: string;
}

export function upPaths(dataDir: string): UpPaths {
  const dir = resolve(dataDir);
  const inside = join(dir, 'node.sock');
  const digest = createHash('sha256').update(dir).digest('hex').slice(0, 16);
  return {
    address: join(dir, 'server.address'),
    adminToken: join(dir, 'admin.token'),
    serverLog: join(dir, 'server.log'),
    agentDir: join(dir, 'agent'),
    held: [join(dir, 'store'), join(dir, 'agent', 'journal')],
    // A data directory whose path is too long for one has its socket elsewhere.
    nodeSocket: Buffer.byteLength(inside) <= socketPathMax ? inside : join(tmpdir(), `holdfast-${digest}`, 'node.sock'),
  };
}
