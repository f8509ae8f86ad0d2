/** (e) A fleet of 10,000 on one agent with a fake runtime, pages of it (d), and changes that reach the agent (b). */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defaultAgentConfig } from '../src/agent/agent-config.ts';
import { eventually } from '../tests/e2e/cluster.ts';
import { type Api, call, inParallel } from './kit/api-calls.ts';
import { fleetVm, nameOf } from './kit/fleet-documents.ts';
import { median, ms, perSecond, quantile } from './kit/numbers.ts';
import { type Answering, forgetPeak, forkAnswering, memoryOf } from './kit/processes.ts';
import { plainRow, type Row, type Section } from './kit/section.ts';
import { luaRequests, runWrk } from './kit/wrk.ts';
import { measurePages } from './pages.ts';

const convergeWithinMs = 300_000;
const rounds = 10;

interface Fleet {
  readonly api: Api;
  readonly control: Answering;
  readonly node: Answering;
  readonly size: number;
}

interface FleetSetup {
  readonly size: number;
  readonly passIntervalMs: number;
}

/** A control plane and an agent as processes, with this many running VMs. */
async function withFleet<T>(
  { size, passIntervalMs }: FleetSetup,
  act: (fleet: Fleet, convergedMs: number) => Promise<T>,
): Promise<T> {
  const dir = mkdtempSync(join(tmpdir(), 'holdfast-bench-'));
  try {
    const control = await forkAnswering(controlFile, [dir, '0']);
    await using _control = control.answering;
    const socket = join(dir, 'node.sock');
    const nodeFile = new URL('./kit/fake-node.ts', import.meta.url);
    const node = await forkAnswering(nodeFile, [join(dir, 'agent'), socket, String(passIntervalMs)]);
    await using _node = node.answering;
    const api = control.first as Api;
    const started = performance.now();
    await inParallel(size, 64, (n) => call(api, 'POST', '/v1/vms', fleetVm(n)));
    await untilInSync(api, size);
    const convergedMs = performance.now() - started;
    return await act({ api, control: control.answering, node: node.answering, size }, convergedMs);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

const controlFile = new URL('./kit/control-process.ts', import.meta.url);

async function untilInSync(api: Api, size: number): Promise<void> {
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

/** Any but the first process of a file finds its code compiled. */
async function warmUp(): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'holdfast-bench-'));
  const { answering } = await forkAnswering(controlFile, [dir, '0']);
  await answering[Symbol.asyncDispose]();
  rmSync(dir, { recursive: true, force: true });
}

export async function benchFleet(): Promise<Section> {
  const size = 10_000;
  await warmUp();
  // Passes are asked for.
  const setup = { size, passIntervalMs: 3_600_000 };
  const rows = await withFleet(setup, async (fleet, convergedMs) => {
    const created = memoryOf(fleet.control.pid);
    const converged = plainRow(
      'create 10,000 VMs until all run',
      `${Math.round(convergedMs / 1000)} s, ${perSecond(size / (convergedMs / 1000))}`,
    );
    const pages = await measurePages(fleet);
    const passes = await measurePasses(fleet);
    const memory = await measureMemory(fleet, created);
    return [...passes, ...memory, ...pages, converged];
  });
  return {
    title: '(e) A fleet of 10,000 VMs on one agent, and pages of it (d)',
    method:
      'Control plane and agent as two processes with the real store, journal and link; the runtime is the fake one, so that ' +
      'guests cost nothing. A pass is the regular one, with nothing changed; CPU is that of the whole agent process meanwhile.',
    rows,
  };
}

async function measurePasses({ node }: Fleet): Promise<readonly Row[]> {
  const passes: { readonly cpuMs: number; readonly wallMs: number }[] = [];
  for (let n = 0; n < rounds + 2; n += 1) passes.push(await node.ask('pass'));
  const cpu = passes.slice(2).map(({ cpuMs }) => cpuMs);
  const { rssMib, peakMib } = memoryOf(node.pid);
  return [
    {
      ...plainRow('no-change pass, CPU', `p50 ${ms(median(cpu))}, max ${ms(quantile(cpu, 1))}`),
      target: '≤ 200 ms',
      met: median(cpu) <= 200,
    },
    plainRow('agent, RSS', `${rssMib} MiB (peak ${peakMib})`),
  ];
}

/** The most memory while the fleet is changed and read. */
async function measureMemory(fleet: Fleet, created: { readonly peakMib: number }): Promise<readonly Row[]> {
  const { api, control, size } = fleet;
  forgetPeak(control.pid);
  const body = '\'{"labels":{"changed":"v\' .. n .. \'"}}\'';
  const url = api.address;
  const [patches] = await Promise.all([
    runWrk({ url, connections: 32, seconds: 8, lua: luaRequests('PATCH', api.token, size, body) }),
    runWrk({ url, connections: 8, seconds: 8, lua: luaRequests('GET', api.token, size) }),
  ]);
  const highest = memoryOf(control.pid).peakMib;
  return [
    {
      ...plainRow(
        'control plane, highest RSS under PATCH and GET',
        `${highest} MiB (${perSecond(patches.perSecond)} PATCH)`,
      ),
      target: '≤ 250 MB',
      met: (highest * 2 ** 20) / 1e6 <= 250,
    },
    plainRow('control plane, peak RSS while the fleet was created', `${created.peakMib} MiB`),
  ];
}

/** Changes before those that are measured: the first find what the creation of the fleet left to be done. */
export const reactionsBefore = 50;

/**
 * PATCH → action on the fake runtime: the share of control plane, link and agent alone, with a fleet of `size` and its regular
 * passes beside it.
 */
export async function measureReaction(size: number, samples: number): Promise<readonly number[]> {
  return await withFleet({ size, passIntervalMs: defaultAgentConfig.passIntervalMs }, async ({ api, node }) => {
    const times: number[] = [];
    for (let n = 0; n < reactionsBefore + samples; n += 1) {
      const name = nameOf(n % size);
      const { uid } = JSON.parse(await call(api, 'GET', `/v1/vms/${name}`)) as { uid: string };
      const action = node.ask<number>('nextAction', uid);
      const sentAt = performance.timeOrigin + performance.now();
      await call(api, 'PATCH', `/v1/vms/${name}`, { memory_mib: 200 + (Math.floor(n / size) % 2) });
      times.push((await action) - sentAt);
    }
    return times.slice(reactionsBefore);
  });
}
