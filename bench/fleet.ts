/** (e) A fleet of 10,000 on one agent with a fake runtime, pages of it (d), and changes that reach the agent (b). */
import { defaultAgentConfig } from '../src/agent/agent-config.ts';
import { measureBusyMemory, measureQuietMemory } from './fleet-memory.ts';
import { call } from './kit/api-calls.ts';
import { type Fleet, warmUpControl, withFleet } from './kit/fleet.ts';
import { nameOf } from './kit/fleet-documents.ts';
import { median, ms, perSecond, quantile } from './kit/numbers.ts';
import { memoryOf } from './kit/processes.ts';
import { plainRow, type Row, type Section } from './kit/section.ts';
import { measurePages } from './pages.ts';

const rounds = 10;

export async function benchFleet(): Promise<Section> {
  const size = 10_000;
  await warmUpControl();
  const quiet = await measureQuietMemory(size);
  // Passes are asked for.
  const setup = { size, passIntervalMs: 3_600_000 };
  const rows = await withFleet(setup, async (fleet, { convergedMs }) => {
    const created = memoryOf(fleet.control.pid);
    const converged = plainRow(
      'create 10,000 VMs until all run',
      `${Math.round(convergedMs / 1000)} s, ${perSecond(size / (convergedMs / 1000))}`,
    );
    const pages = await measurePages(fleet);
    const passes = await measurePasses(fleet);
    const busy = await measureBusyMemory(fleet);
    const creating = plainRow('control plane, peak RSS while the fleet was created', `${created.peakMib} MiB`);
    return [...passes, ...quiet, busy, creating, ...pages, converged];
  });
  return {
    title: '(e) A fleet of 10,000 VMs on one agent, and pages of it (d)',
    method:
      'Control plane and agent as two processes with the real store, journal and link; the runtime is the fake one, so that ' +
      'guests cost nothing. A pass is the regular one, with nothing changed; CPU is that of the whole agent process meanwhile. ' +
      'The target for memory is about passes and heartbeats; PATCH and GET beside it are a harsher load.',
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
