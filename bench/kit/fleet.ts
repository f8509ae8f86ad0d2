/** A control plane and an agent with a fake runtime, each a process, and a fleet of running VMs. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../../tests/e2e/cluster.ts';
import { type Api, call, inParallel } from './api-calls.ts';
import { fleetVm } from './fleet-documents.ts';
import { type Answering, forkAnswering } from './processes.ts';

const convergeWithinMs = 300_000;

export interface Fleet {
  readonly api: Api;
  readonly control: Answering;
  readonly node: Answering;
  readonly size: number;
}

export interface FleetSetup {
  readonly size: number;
  readonly passIntervalMs: number;
}

/** How a fleet came up, and what can be done to it. */
export interface FleetStart {
  /** From the first request until all VMs run. */
  readonly convergedMs: number;
  /** Ends the control plane and starts it anew with the same store; the agent finds it by itself. */
  restartControl(): Promise<Fleet>;
}

export async function withFleet<T>(
  { size, passIntervalMs }: FleetSetup,
  act: (fleet: Fleet, start: FleetStart) => Promise<T>,
): Promise<T> {
  const dir = mkdtempSync(join(tmpdir(), 'holdfast-bench-'));
  const socket = join(dir, 'node.sock');
  try {
    await using processes = new AsyncDisposableStack();
    const first = await startControl(dir);
    processes.defer(first.end);
    const nodeFile = new URL('./fake-node.ts', import.meta.url);
    const { answering: node } = await forkAnswering(nodeFile, [join(dir, 'agent'), socket, String(passIntervalMs)]);
    processes.use(node);
    const started = performance.now();
    await inParallel(size, 64, (n) => call(first.api, 'POST', '/v1/vms', fleetVm(n)));
    await untilInSync(first.api, size);
    const convergedMs = performance.now() - started;
    const restartControl = async (): Promise<Fleet> => {
      await first.end();
      rmSync(socket, { force: true });
      const { api, control, end } = await startControl(dir);
      processes.defer(end);
      return { api, control, node, size };
    };
    return await act({ api: first.api, control: first.control, node, size }, { convergedMs, restartControl });
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

async function startControl(dir: string) {
  const { answering: control, first } = await forkAnswering(new URL('./control-process.ts', import.meta.url), [
    dir,
    '0',
  ]);
  return { control, api: first as Api, end: () => control[Symbol.asyncDispose]() };
}

/** Any but the first process of a file finds its code compiled. */
export async function warmUpControl(): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'holdfast-bench-'));
  const { end } = await startControl(dir);
  await end();
  rmSync(dir, { recursive: true, force: true });
}

export async function untilInSync(api: Api, size: number): Promise<void> {
  await eventually(
    `${size} VMs in sync`,
    async () => {
      const { convergence } = JSON.parse(await call(api, 'GET', '/v1/status')) as {
        readonly convergence: { readonly in_sync: number; readonly total: number };
      };
      return convergence.in_sync === size && convergence.total === size ? true : undefined;
    },
    convergeWithinMs,
  );
}
