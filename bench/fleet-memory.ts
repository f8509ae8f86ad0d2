/** Memory of the control plane (e): with a fleet that only has its regular passes and heartbeats, and under a harsher load. */
import { setTimeout as delay } from 'node:timers/promises';
import { defaultAgentConfig } from '../src/agent/agent-config.ts';
import { type Fleet, untilInSync, withFleet } from './kit/fleet.ts';
import { perSecond } from './kit/numbers.ts';
import { forgetPeak, memoryOf } from './kit/processes.ts';
import { plainRow, type Row } from './kit/section.ts';
import { luaRequests, runWrk } from './kit/wrk.ts';

/** Some passes and heartbeats, and what a garbage collector does when it has become quiet. */
const quietMs = 30_000;
const targetMb = 250;

/** The load that the target names: all VMs in sync, an agent that looks at them and reports, and nobody who asks. */
export async function measureQuietMemory(size: number): Promise<readonly Row[]> {
  const setup = { size, passIntervalMs: defaultAgentConfig.passIntervalMs };
  return await withFleet(setup, async (fleet, { restartControl }) => [
    await measureQuiet('in sync since it was created', fleet),
    await measureQuiet('after a restart of the control plane', await restartControl()),
  ]);
}

async function measureQuiet(since: string, { api, control, size }: Fleet): Promise<Row> {
  await untilInSync(api, size);
  forgetPeak(control.pid);
  await delay(quietMs);
  const { rssMib, peakMib } = memoryOf(control.pid);
  const measured = `${rssMib} MiB after ${quietMs / 1000} s (at most ${peakMib} meanwhile)`;
  return memoryRow(`control plane, RSS, passes and heartbeats ${since}`, measured, rssMib);
}

/** More than the target asks: the most memory while the fleet is changed and read as fast as it can be. */
export async function measureBusyMemory({ api, control, size }: Fleet): Promise<Row> {
  forgetPeak(control.pid);
  const body = '\'{"labels":{"changed":"v\' .. n .. \'"}}\'';
  const url = api.address;
  const [patches] = await Promise.all([
    runWrk({ url, connections: 32, seconds: 8, lua: luaRequests('PATCH', api.token, size, body) }),
    runWrk({ url, connections: 8, seconds: 8, lua: luaRequests('GET', api.token, size) }),
  ]);
  const { peakMib } = memoryOf(control.pid);
  const measured = `${peakMib} MiB (${perSecond(patches.perSecond)} PATCH)`;
  return memoryRow('control plane, highest RSS under PATCH and GET beside it', measured, peakMib);
}

function memoryRow(what: string, measured: string, mib: number): Row {
  return plainRow(what, measured, `≤ ${targetMb} MB`, (mib * 2 ** 20) / 1e6 <= targetMb);
}
