/**
 * (a) POST of a VM → first byte of its guest on the serial line, against bare QEMU with the argv that Holdfast used, and
 * against libvirt. One of each in turn, so that what else the machine does hits all alike.
 */
import { spawn } from 'node:child_process';
import { cpSync, linkSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { eventually, startCluster, type TestCluster } from '../tests/e2e/cluster.ts';
import { median, ms, ratio, spread } from './kit/numbers.ts';
import { plainRow, type Row, type Section } from './kit/section.ts';
import { earlySpeaker, firstByteAt, serialLogOf } from './kit/vm-log.ts';
import { type Libvirt, startLibvirt } from './peers/libvirt.ts';

const rounds = Number(process.env['BENCH_ROUNDS'] ?? 60);

export async function benchCreate(): Promise<Section> {
  await using cluster = await startCluster();
  const recipe = await recipeOf(cluster);
  await using libvirt = await startLibvirt();
  const ours: number[] = [];
  const bare: number[] = [];
  const virsh: number[] = [];
  for (let n = 0; n < rounds; n += 1) {
    const each = [
      async () => ours.push(await createOnce(cluster, `vm-${n}`)),
      async () => bare.push(await bareOnce(recipe)),
      ...(libvirt === null ? [] : [async () => virsh.push(await libvirt.startOnce())]),
    ];
    // Another one begins each round: what one leaves to be tidied up (libvirt's daemons do) hits the next.
    for (let k = 0; k < each.length; k += 1) await each[(n + k) % each.length]?.();
  }
  const extra = ours.map((took, n) => took - (bare[n] ?? Number.NaN));
  const added = median(ours) - median(bare);
  const fastest = Math.min(...ours) - Math.min(...bare);
  return {
    title: '(a) Create → first serial byte of the guest',
    method:
      `${rounds} rounds, in each Holdfast (POST to the API), bare QEMU with the argv of the VM that Holdfast started (taken from ` +
      'its process; without `-S`, since nobody is there to let it go) and libvirt (`virsh define`, `virsh start`), one after ' +
      'the other, another one first in each round. The guest is a kernel that writes to its serial line as early as it can; the log file is looked at every ms.',
    rows: [
      {
        what: 'Holdfast, POST → first byte',
        measured: spread(ours),
        against: `bare QEMU ${spread(bare)}`,
        ratio: ratio(median(ours), median(bare)),
        target: '',
        met: null,
      },
      plainRow('added by Holdfast, difference of medians', ms(added), '≤ 60 ms', added <= 60),
      plainRow('added by Holdfast, median of the pairs', ms(median(extra))),
      plainRow('added by Holdfast, fastest of each (what the rest of the machine does adds to neither)', ms(fastest)),
      ...libvirtRow(libvirt, ours, virsh),
    ],
  };
}

function libvirtRow(libvirt: Libvirt | null, ours: readonly number[], virsh: readonly number[]): readonly Row[] {
  if (libvirt === null) return [plainRow('libvirt', 'not installed: not measured', 'faster')];
  return [
    {
      what: 'Holdfast against libvirt',
      measured: `p50 ${ms(median(ours))}`,
      against: `libvirt ${libvirt.version} ${spread(virsh)}`,
      ratio: ratio(median(ours), median(virsh)),
      target: 'faster',
      met: median(ours) < median(virsh),
    },
  ];
}

/** How the process of a VM was started: enough to start it again by hand. */
interface Recipe {
  readonly argv: readonly string[];
  /** Files of the instance's directory that the argv names as `../NAME`. */
  readonly files: readonly string[];
}

async function createOnce(cluster: TestCluster, name: string): Promise<number> {
  const started = performance.now();
  const { uid } = await cluster.create(name, earlySpeaker);
  const tookMs = (await firstByteAt(serialLogOf(cluster.dataDir, uid))) - started;
  await removeVm(cluster, name, uid);
  return tookMs;
}

/** From a VM that is created for it; it also brings kernel and initrd into the caches of Holdfast and of the kernel. */
async function recipeOf(cluster: TestCluster): Promise<Recipe> {
  const { uid } = await cluster.create('recipe', earlySpeaker);
  await firstByteAt(serialLogOf(cluster.dataDir, uid));
  const [pid = 0] = cluster.hypervisors(uid);
  const argv = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1);
  const recipe = { argv, files: copiesOf(join(cluster.dataDir, 'agent', 'instances', uid), argv) };
  await removeVm(cluster, 'recipe', uid);
  return recipe;
}

async function removeVm(cluster: TestCluster, name: string, uid: string): Promise<void> {
  await cluster.client.request('DELETE', `/v1/vms/${name}`, { query: { wait: 30 } });
  await eventually('its process is gone', () => (cluster.hypervisors(uid).length === 0 ? true : undefined));
}

/** Kept aside, because the instance goes: hard links, so that the page cache is the same for all. */
function copiesOf(dir: string, argv: readonly string[]): readonly string[] {
  const kept = mkdtempSync(join(tmpdir(), 'holdfast-bench-files-'));
  const named = readdirSync(dir).filter((name) => argv.includes(`../${name}`));
  process.once('exit', () => rmSync(kept, { recursive: true, force: true }));
  for (const name of named) linkSync(join(dir, name), join(kept, name));
  return named.map((name) => join(kept, name));
}

async function bareOnce({ argv, files }: Recipe): Promise<number> {
  const dir = mkdtempSync(join(tmpdir(), 'holdfast-bench-bare-'));
  for (const file of files) cpOrLink(file, join(dir, basename(file)));
  mkdirSync(join(dir, 'process', 's'), { recursive: true });
  const [program = '', ...args] = argv.filter((word) => word !== '-S');
  const started = performance.now();
  // In a session of its own, as every hypervisor of Holdfast is: schedulers treat sessions as groups.
  const child = spawn(program, args, { cwd: join(dir, 'process'), stdio: 'ignore', detached: true });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  try {
    return (await firstByteAt(join(dir, 'console.log'))) - started;
  } finally {
    child.kill('SIGKILL');
    await ended;
    rmSync(dir, { recursive: true, force: true });
  }
}

function cpOrLink(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch {
    cpSync(from, to);
  }
}
