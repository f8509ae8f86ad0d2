/** (b) PATCH is sent → the agent begins to act on it: on real QEMU, and with a fake runtime for many samples. */
import { eventually, startCluster, type TestCluster } from '../tests/e2e/cluster.ts';
import { measureReaction, reactionsBefore } from './fleet.ts';
import { median, ms, quantile, spread } from './kit/numbers.ts';
import { plainRow, type Row, type Section } from './kit/section.ts';
import { actionsOf, epochMs } from './kit/vm-log.ts';

/** The p99 of fewer would be their maximum. */
const realSamples = 120;
const fakeSamples = 1_000;

export async function benchPatch(): Promise<Section> {
  const rows = [
    judged('real QEMU, memory changed in place', await onRealQemu()),
    judged('fake runtime, one of 100 VMs', await measureReaction(100, fakeSamples)),
    judged('fake runtime, one of 10,000 VMs', await measureReaction(10_000, fakeSamples)),
  ];
  return {
    title: '(b) PATCH → the agent’s action begins',
    method:
      'From before the request is sent until the agent writes the log line with which an action begins; one clock, since all ' +
      'run on one machine. It holds HTTP, the durable commit, the hanging pull, the agent’s journal, a look at the VM and ' +
      'the decision. The VM on real QEMU is changed as soon as its guest has booted, the first change included. The fleets ' +
      `have their regular passes meanwhile; their first ${reactionsBefore} changes are not counted, as they find what the ` +
      'creation of the fleet left to be done.',
    rows,
  };
}

function judged(what: string, samples: readonly number[]): Row {
  const met = median(samples) <= 10 && quantile(samples, 0.99) <= 50;
  return plainRow(what, `${spread(samples)}, max ${ms(quantile(samples, 1))}`, 'p50 ≤ 10 ms, p99 ≤ 50 ms', met);
}

async function onRealQemu(): Promise<readonly number[]> {
  await using cluster = await startCluster();
  await cluster.create('web', { memory_mib: 256, memory_max_mib: 512 });
  const settled = (): Promise<unknown> =>
    cluster.until('web', 'web is in sync', (vm) => {
      return (
        vm.status.phase === 'running' && vm.generation === vm.status.observed_generation && vm.status.drift.length === 0
      );
    });
  const { uid } = await cluster.get('web');
  await settled();
  await untilBooted(cluster);
  const times: number[] = [];
  for (let n = 0; n < realSamples; n += 1) {
    const known = actionsOf(cluster.dataDir).length;
    const sentAt = epochMs();
    await cluster.client.request('PATCH', '/v1/vms/web', { body: { memory_mib: n % 2 === 0 ? 288 : 256 } });
    times.push((await nextAction(cluster.dataDir, uid, known)) - sentAt);
    await settled();
  }
  return times;
}

async function untilBooted(cluster: TestCluster): Promise<void> {
  await eventually('the guest has booted', async () => {
    const { text } = await cluster.client.request('GET', '/v1/vms/web/logs');
    return text.includes('HOLDFAST-GUEST-READY') ? true : undefined;
  });
}

/** When the action after the first `known` began, by the agent's log. */
async function nextAction(dataDir: string, uid: string, known: number): Promise<number> {
  const ofUid = () =>
    actionsOf(dataDir)
      .slice(known)
      .find((action) => action.uid === uid);
  return (await eventually('the agent acts on a PATCH', ofUid)).at;
}
