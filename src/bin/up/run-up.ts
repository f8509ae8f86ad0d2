/**
 * `holdfast up`: control plane and agent of one machine as two supervised processes, so that each can be killed, restarted
 * and measured alone. `up` itself touches neither the store nor a hypervisor; it talks to the API like any user.
 */
import { dirname, resolve } from 'node:path';
import { lockDataDir } from '../../adapters/store/data-dir-lock.ts';
import type { ApiClient } from '../../client/api-client.ts';
import type { Clock } from '../../ports/clock.ts';
import type { StrangerPolicy } from '../agent-role.ts';
import { ensureDataDir, ensureOwnDir } from '../ensure-data-dir.ts';
import { ended } from '../life-line.ts';
import { withdrawFile } from '../replace-file.ts';
import { awaitLocks } from './await-locks.ts';
import { childEnv } from './child-memory.ts';
import { runDemo, stopDemo } from './demo.ts';
import { findLastFault, isHopeless } from './find-hopeless.ts';
import { offerToStop } from './offer-to-stop.ts';
import { patientClient } from './patient-client.ts';
import { type StartAgain, type SupervisedChild, superviseChild } from './supervise-child.ts';
import { upPaths } from './up-paths.ts';
import { waitUntilReady } from './wait-ready.ts';

export interface UpOptions extends StrangerPolicy {
  readonly dataDir: string;
  /** `HOST:PORT`; port 0 = any free one. */
  readonly listen: string;
  readonly node: string;
  /** Directory of the built guest images, null = no demo. */
  readonly demoImages: string | null;
  /** Converge the demo, print the table, stop what was started, exit. */
  readonly once: boolean;
  readonly imageDirs: readonly string[];
  readonly allowPrivateImages: boolean;
  /** More flags for the control plane. */
  readonly serverArguments: readonly string[];
  /** More flags for the agent. */
  readonly agentArguments: readonly string[];
}

export interface UpDeps {
  readonly clock: Clock;
  readonly print: (line: string) => void;
  /** Messages that are no result: standard error. */
  readonly warn: (line: string) => void;
  readonly isTerminal: boolean;
  /** Program and first arguments that start Holdfast again: `node …/holdfast.ts`. */
  readonly self: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborts when `up` is asked to end: Ctrl-C or SIGTERM. */
  readonly interrupted: AbortSignal;
  /** Asks a yes/no question on the terminal; false without one. */
  readonly confirm: (question: string) => Promise<boolean>;
}

/** Runs until interrupted (or until the demo is done with `once`). Resolves with the exit code. */
export function runUp(deps: UpDeps, options: UpOptions): Promise<number> {
  return withUp(deps, options, (client) => {
    deps.print(`Holdfast is ready on ${client.server} (admin token in ${upPaths(options.dataDir).adminToken})`);
    return serveUntilEnd(deps, options, client);
  });
}

/** Control plane and agent for as long as `act` takes. */
export async function withUp<T>(deps: UpDeps, options: UpOptions, act: (client: ApiClient) => Promise<T>): Promise<T> {
  ensureDataDir(options.dataDir, 0o700);
  const socketDir = dirname(upPaths(options.dataDir).nodeSocket);
  if (socketDir !== resolve(options.dataDir)) ensureOwnDir(socketDir);
  // Before anything of a running one is touched. Server and agent hold locks of their own in directories below.
  const lock = lockDataDir(options.dataDir);
  try {
    await awaitLocks(deps, upPaths(options.dataDir).held);
    return await withChildren(deps, options, act);
  } finally {
    lock.release();
  }
}

async function withChildren<T>(deps: UpDeps, options: UpOptions, act: (client: ApiClient) => Promise<T>): Promise<T> {
  withdrawFile(upPaths(options.dataDir).address);
  const hopeless = new AbortController();
  let ready = false;
  const children = startChildren(deps, options, (name, logBytes) => {
    const fault = findLastFault(options.dataDir, name, logBytes);
    if (fault === null || ready || !isHopeless(fault)) return { again: true, because: fault };
    hopeless.abort(fault);
    return { again: false };
  });
  try {
    const client = await waitUntilReady(deps, { ...options, hopeless: hopeless.signal });
    ready = true;
    return await act(client);
  } finally {
    await Promise.all(children.toReversed().map((child) => child.stop()));
    // Nobody answers there any more; another program may.
    withdrawFile(upPaths(options.dataDir).address);
  }
}

async function serveUntilEnd(deps: UpDeps, options: UpOptions, client: ApiClient): Promise<number> {
  if (options.demoImages !== null) {
    const demo = { ...deps, client: patientClient(client, deps, upPaths(options.dataDir).serverLog) };
    const converged = await runDemo(demo, { images: options.demoImages });
    if (options.once) {
      const stopped = await stopDemo(demo);
      return converged && stopped ? 0 : 1;
    }
  } else if (options.once) return 0;
  if (deps.isTerminal) deps.print('Press Ctrl-C to end.');
  await ended(deps.interrupted);
  await offerToStop(deps, client, options.node);
  return 0;
}

function startChildren(
  deps: UpDeps,
  options: UpOptions,
  startAgain: (name: string, logBytes: number) => StartAgain,
): readonly SupervisedChild[] {
  const paths = upPaths(options.dataDir);
  const env = { ...childEnv, ...deps.env, HOLDFAST_SUPERVISED: '1' };
  const images = options.imageDirs.flatMap((dir) => ['--image-dir', dir]);
  const privateImages = options.allowPrivateImages ? ['--allow-private-images'] : [];
  const unknown = options.unknownInstances === null ? [] : ['--unknown-instances', options.unknownInstances];
  const join = options.joinCluster === null ? [] : ['--join-cluster', options.joinCluster];
  const child = (name: string, args: readonly string[]): SupervisedChild =>
    superviseChild(deps, {
      ...{ name, argv: [...deps.self, name, ...args], env, dataDir: options.dataDir },
      startAgain: (logBytes) => startAgain(name, logBytes),
    });
  return [
    child('server', [
      ...['--data-dir', options.dataDir, '--listen', options.listen, '--node-socket', paths.nodeSocket],
      ...options.serverArguments,
    ]),
    child('agent', [
      ...['--data-dir', paths.agentDir, '--control', `unix:${paths.nodeSocket}`, '--node', options.node],
      ...[...images, ...privateImages, ...unknown, ...join, ...options.agentArguments],
    ]),
  ];
}
