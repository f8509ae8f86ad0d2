/** `up` is ready when its control plane answers and its node has joined: both are seen, neither is assumed. */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ApiClient, createApiClient } from '../../client/api-client.ts';
import { Fault } from '../../core/kit/fault.ts';
import { secretOf } from '../../core/kit/secret.ts';
import type { Clock } from '../../ports/clock.ts';
import { pause } from '../../ports/pause.ts';
import { hasRoom } from '../replace-file.ts';
import { findForeignCluster } from './find-hopeless.ts';
import { upPaths } from './up-paths.ts';

/**
 * How long control plane and agent may take; the agent tests QEMU and KVM on its first start. A host on which a hundred guests
 * boot at once gives them a twentieth of a processor: to give up early would end both, and a service would begin anew for ever.
 */
const readyWithinMs = 180_000;
/** Who waits so long is told for what. */
const saidAfterMs = 15_000;
/** Pause between two looks. */
const readyPollMs = 50;
/** Lines of the logs shown when the start failed. */
const logLinesShown = 3;

export interface WaitReadyDeps {
  readonly clock: Clock;
  readonly interrupted: AbortSignal;
  readonly warn: (sentence: string) => void;
}

/**
 * Resolves with a client of the control plane; on a full disk also before the node has joined, which needs room, because reads
 * go on (spec §11). Fault `start_failed` with what was last seen and the ends of the logs; the
 * reason of `hopeless` as soon as it aborts; `wrong_cluster` where the node belongs to another store.
 */
export async function waitUntilReady(
  deps: WaitReadyDeps,
  options: { readonly dataDir: string; readonly node: string; readonly hopeless: AbortSignal },
): Promise<ApiClient> {
  const { clock, interrupted } = deps;
  const given = AbortSignal.any([interrupted, options.hopeless]);
  const beganAt = clock.bootMs();
  const startedAt = clock.now();
  let foreign: Fault | null = null;
  let last = 'the control plane has not written its address yet';
  let isSaid = false;
  while (clock.bootMs() < beganAt + readyWithinMs && !given.aborted) {
    try {
      const client = clientOf(options.dataDir);
      if (client !== null) {
        await client.request('GET', '/readyz', { signal: clock.timeout(2_000) });
        const isJoined = await nodeJoined(client, options.node);
        // Its session is there for a moment also where what it says finds no room.
        if (!hasRoom(options.dataDir)) {
          deps.warn(
            `The disk of ${options.dataDir} is full: reads are answered, changes are refused until there is room`,
          );
          return client;
        }
        if (isJoined) return client;
        last = `node ${options.node} has not joined yet`;
        foreign = findForeignCluster(options.dataDir, startedAt);
      }
    } catch (error) {
      last = error instanceof Error ? error.message : String(error);
    }
    if (foreign !== null) throw foreign;
    if (!isSaid && clock.bootMs() >= beganAt + saidAfterMs) {
      deps.warn(`Holdfast is still starting: ${last}`);
      isSaid = true;
    }
    await pause(clock, readyPollMs, given);
  }
  options.hopeless.throwIfAborted();
  interrupted.throwIfAborted();
  const logs = ['server', 'agent'].flatMap((name) => tailOf(options.dataDir, name, startedAt));
  throw new Fault('start_failed', [`Cannot start Holdfast: ${last}`, ...logs].join('\n'));
}

/** Null until this start has written where it listens. */
function clientOf(dataDir: string): ApiClient | null {
  const { address, adminToken } = upPaths(dataDir);
  if (!existsSync(address) || !existsSync(adminToken)) return null;
  const read = (file: string): string => readFileSync(file, 'utf8').trim();
  return createApiClient({ fetch }, { server: read(address), token: secretOf(read(adminToken)) });
}

interface NodeStatus {
  readonly health: string;
  readonly connected: boolean;
}

async function nodeJoined(client: ApiClient, node: string): Promise<boolean> {
  const { body } = await client.request('GET', '/v1/nodes');
  const { items } = body as unknown as {
    readonly items: readonly { readonly name: string; readonly status: NodeStatus }[];
  };
  return items.some(({ name, status }) => name === node && status.health === 'ready' && status.connected);
}

/** What a process said last since `startedAt`, as a person reads it. */
function tailOf(dataDir: string, name: string, startedAt: number): readonly string[] {
  const file = join(dataDir, `${name}.log`);
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8')
    .split('\n')
    .flatMap((line) => logLineText(line, startedAt));
  return lines.slice(-logLinesShown).map((line) => `  ${name}.log: ${line}`);
}

function logLineText(line: string, startedAt: number): readonly string[] {
  if (!line.startsWith('{')) return line.trim() === '' ? [] : [line];
  const logged = parseLogLine(line);
  if (logged === null || Date.parse(logged.time) < startedAt) return [];
  return [logged.message === undefined ? logged.msg : `${logged.msg}: ${logged.message}`];
}

interface LogLine {
  readonly time: string;
  readonly msg: string;
  readonly message?: string;
}

/** Null for a line that is still being written, or was cut. */
function parseLogLine(line: string): LogLine | null {
  try {
    return JSON.parse(line) as LogLine;
  } catch {
    return null;
  }
}
