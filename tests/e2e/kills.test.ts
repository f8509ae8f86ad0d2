/**
 * Issue's hardest promise on real processes: `kill -9` of hypervisor, agent, control plane and supervisor, alone and together,
 * at any time, also in the middle of what a user orders. It converges again, nothing acknowledged is lost, and no second
 * hypervisor ever runs for a VM. `HOLDFAST_KILLS=50 HOLDFAST_SEED=7 ./test tests/e2e/kills` for longer.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import {
  cannotRun,
  eventually,
  hypervisorsOf,
  inSync,
  kill,
  startCluster,
  type TestCluster,
  type VmDocument,
} from './cluster.ts';
import { cgroupsOf, instanceFiles, journalRows, pins, readOrEmpty } from './world.ts';

const rounds = Number(process.env['HOLDFAST_KILLS'] ?? 6);
const seed = Number(process.env['HOLDFAST_SEED'] ?? Date.now() % 1_000_000);
const names = ['one', 'two', 'three'];
const victims = ['hypervisor', 'agent', 'server', 'up'] as const;
const verbs = ['start', 'stop', 'poweroff', 'reboot', 'pause', 'resume', 'reset'] as const;

/** mulberry32: enough to choose by, and the same for the same seed. */
function createChance(from: number): (below: number) => number {
  let state = from >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** Looks every 20 ms; what it sees twice for one VM stays seen. */
function watchForTwins(dataDir: string, uids: () => readonly string[]): { readonly seen: string[]; stop(): void } {
  const seen: string[] = [];
  const timer = setInterval(() => {
    const pids = hypervisorsOf(dataDir);
    const argvs = pids.map((pid) => readOrEmpty(`/proc/${pid}/cmdline`));
    for (const uid of uids()) {
      const count = argvs.filter((argv) => argv.includes(uid)).length;
      if (count > 1) seen.push(`${count} of ${uid}`);
    }
  }, 20);
  return { seen, stop: () => clearInterval(timer) };
}

const isSettled = (vm: VmDocument): boolean =>
  inSync(vm) &&
  vm.status.phase === (vm.desired_phase === 'stopped' ? 'stopped' : vm.desired_paused ? 'paused' : 'running');

const processesOf = (vm: VmDocument): number => (vm.desired_phase === 'stopped' ? 0 : 1);

describe('kill -9 at any time', { skip: cannotRun() }, () => {
  test(`${rounds} rounds of seed ${seed}: it converges, and no VM ever has two hypervisors (F4)`, async (t) => {
    const chance = createChance(seed);
    const uids: string[] = [];
    const incarnations = new Set<string>();
    await using cluster = await startCluster();
    const twins = watchForTwins(cluster.dataDir, () => uids);
    try {
      for (const name of names) uids.push((await cluster.create(name)).uid);
      for (let round = 0; round < rounds; round += 1) {
        const orders = await orderSomething(cluster, chance);
        await delay(chance(600));
        const killed = await killSome(cluster, chance);
        t.diagnostic(`round ${round}: ${orders} → killed ${killed}`);
        for (const name of names) {
          const vm = await settled(cluster, name, `${name} settles after round ${round} (seed ${seed})`);
          if (vm.status.incarnation !== null) incarnations.add(vm.status.incarnation.id);
        }
        assert.deepEqual(twins.seen, []);
      }
      for (const name of names) await cluster.client.request('DELETE', `/v1/vms/${name}`, { query: { wait: 240 } });
    } finally {
      twins.stop();
    }
    assert.deepEqual(twins.seen, []);
    assert.deepEqual(cluster.hypervisors(), []);
    await cluster.stop();
    assert.deepEqual(instanceFiles(cluster.dataDir), []);
    assert.deepEqual(pins(cluster.dataDir), []);
    assert.deepEqual(cgroupsOf([...incarnations]), []);
    assert.deepEqual(journalRows(cluster.dataDir), []);
  });
});

/** One or two orders; what the control plane acknowledged must hold afterwards, refusals are fine. */
async function orderSomething(cluster: TestCluster, chance: (below: number) => number): Promise<string> {
  const said: string[] = [];
  for (let n = chance(3); n > 0; n -= 1) {
    const name = names[chance(names.length)] ?? 'one';
    const verb = verbs[chance(verbs.length)] ?? 'start';
    const answer = await cluster.client.request('POST', `/v1/vms/${name}/${verb}`, {}).then(
      () => 'taken',
      () => 'refused',
    );
    said.push(`${verb} ${name} ${answer}`);
  }
  return said.join(', ') || 'nothing';
}

async function killSome(cluster: TestCluster, chance: (below: number) => number): Promise<string> {
  const chosen = victims.filter(() => chance(2) === 0);
  if (chosen.length === 0) chosen.push('hypervisor');
  const pids = {
    agent: await cluster.living('agent'),
    server: await cluster.living('server'),
    up: cluster.pidOfUp(),
  };
  for (const victim of chosen) {
    const [hypervisor] = cluster.hypervisors();
    const pid = victim === 'hypervisor' ? hypervisor : pids[victim];
    if (pid !== undefined) kill(pid);
    if (chance(2) === 0) await delay(chance(80));
  }
  if (chosen.includes('up')) await cluster.restart();
  return chosen.join(', ');
}

/** The control plane may be away for a moment: that it does not answer is no answer. */
async function settled(cluster: TestCluster, name: string, what: string): Promise<VmDocument> {
  let last: unknown;
  return eventually(what, async () => {
    const vm = await cluster.get(name).catch((error: unknown) => {
      last = error;
    });
    if (vm) last = vm;
    // A document may be older than the kill by some ms: the processes must agree.
    return vm && isSettled(vm) && cluster.hypervisors(vm.uid).length === processesOf(vm) ? vm : undefined;
  }).catch((error: Error) => {
    throw new Error(`${error.message}\n${JSON.stringify(last, null, 1)}`);
  });
}
