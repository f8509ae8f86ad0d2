/**
 * The demo: one VM on real hardware emulation, from manifest to a guest that printed its marker. Everything goes through
 * the public API; the demo knows nothing a user does not.
 */

import { randomUUID } from 'node:crypto';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createGuestTextFilter } from '../../cli/guest-text.ts';
import type { ApiClient } from '../../client/api-client.ts';
import { faultCode } from '../../core/kit/fault.ts';
import type { JsonObject } from '../../core/kit/json.ts';
import type { Clock } from '../../ports/clock.ts';
import { pause } from '../../ports/pause.ts';
import { type DemoVm, renderDemoTable } from './render-demo.ts';
import { stopAndWait } from './stop-and-wait.ts';

const demoName = 'demo';
/** The line the guest prints once it is up (images/README.md). It writes the line piece by piece: all of it counts. */
const bootMarker = /^HOLDFAST-GUEST-READY .*\r?\n/gm;
/** The demo must be up within this time; a loaded machine without KVM needs some seconds. */
const demoWithinMs = 110_000;
const pollMs = 250;
/** Lines of the guest's log that are shown. */
const logLinesShown = 6;

export interface DemoDeps {
  readonly client: ApiClient;
  readonly clock: Clock;
  readonly print: (line: string) => void;
  readonly interrupted: AbortSignal;
}

/** The demo's manifest for images built in `images`. */
function demoManifest(images: string): JsonObject {
  const url = (name: string): string => pathToFileURL(resolve(images, name)).href;
  return {
    api_version: 'holdfast/v1',
    kind: 'VirtualMachine',
    name: demoName,
    labels: { app: 'demo' },
    desired_phase: 'running',
    cpu_cores: 1,
    memory_mib: 128,
    kernel: url('vmlinuz'),
    initrd: url('initrd.gz'),
    // A guest that is emulated on a busy host finds its timer too slow at times, and panics: it is not to test that.
    cmdline: 'console=ttyS0 quiet panic=5 no_timer_check',
    cloud_init: { hostname: 'demo', user_data: '#cloud-config\nhostname: demo\n' },
    stop: { grace_seconds: 20, on_timeout: 'kill' },
  };
}

/** Declares the demo VM where there is none, starts it, and follows it until the guest is up and in sync. Resolves false when that did not happen in time. */
export async function runDemo(deps: DemoDeps, options: { readonly images: string }): Promise<boolean> {
  try {
    return await converge(deps, options);
  } catch (error) {
    if (deps.interrupted.aborted) return false;
    throw error;
  }
}

async function converge(deps: DemoDeps, options: { readonly images: string }): Promise<boolean> {
  const { client, print } = deps;
  const [bootsBefore, before] = [await countBoots(client), await readDemo(client)];
  const adopted = before !== null && isUp(before);
  if (before === null) {
    print(`Applying the demo manifest: VM "${demoName}", 1 core, 128 MiB, on real QEMU …`);
    await client.request('POST', '/v1/apply', { body: [demoManifest(options.images)] });
  } else {
    // What was changed of it since is its owner's: it is not taken back, nor is the guest restarted for it.
    print(`VM "${demoName}" is there and stays as it is declared …`);
  }
  // Asked twice, where the first answer is lost, it is one start.
  const headers = { 'idempotency-key': `start-${randomUUID()}` };
  await client.request('POST', `/v1/vms/${demoName}/start`, { headers });
  const deadline = deps.clock.bootMs() + demoWithinMs;
  let shown = '';
  while (deps.clock.bootMs() < deadline && !deps.interrupted.aborted) {
    const vm = (await client.request('GET', `/v1/vms/${demoName}`)).body as unknown as DemoVm;
    const line = progressLine(vm);
    if (line !== shown) print(line);
    shown = line;
    const log = await readLog(client);
    // A guest that was found running booted before; one that was started has to print its marker anew.
    const booted = bootsIn(log) > (adopted ? 0 : bootsBefore);
    if (isUp(vm) && booted) {
      showResult(deps, vm, log);
      return true;
    }
    await pause(deps.clock, pollMs, deps.interrupted);
  }
  if (deps.interrupted.aborted) return false;
  print('The demo VM did not come up in time:');
  print(renderDemoTable([(await client.request('GET', `/v1/vms/${demoName}`)).body as unknown as DemoVm]));
  return false;
}

const bootsIn = (log: string): number => log.match(bootMarker)?.length ?? 0;

/** Boots in the log of an earlier `up`; 0 where the demo VM is new. */
async function countBoots(client: ApiClient): Promise<number> {
  return bootsIn(await readLog(client));
}

/** Null where there is none yet. */
async function readDemo(client: ApiClient): Promise<DemoVm | null> {
  try {
    return (await client.request('GET', `/v1/vms/${demoName}`)).body as unknown as DemoVm;
  } catch (error) {
    if (faultCode(error) === 'not_found') return null;
    throw error;
  }
}

/** Stops the demo VM and waits until the guest is off. Resolves false, and says why, where that did not happen. */
export async function stopDemo({ client, print }: DemoDeps): Promise<boolean> {
  const whyNot = await stopAndWait(client, demoName);
  print(whyNot ?? `Stopped VM "${demoName}".`);
  return whyNot === null;
}

function isUp(vm: DemoVm): boolean {
  return vm.status.phase === 'running' && vm.generation === vm.status.observed_generation;
}

function progressLine(vm: DemoVm): string {
  const waiting = vm.status.waiting === undefined ? '' : `: ${vm.status.waiting.message}`;
  const reason = vm.status.reason === undefined ? '' : `: ${vm.status.reason.message}`;
  const seen = `generation ${vm.generation}, observed ${vm.status.observed_generation}`;
  return `  ${vm.name}  ${vm.status.phase} (${seen})${waiting}${reason}`;
}

/** Empty while there is nothing to read yet: the VM is on no node, or was never started. */
async function readLog(client: ApiClient): Promise<string> {
  try {
    return (await client.request('GET', `/v1/vms/${demoName}/logs`)).text;
  } catch (error) {
    const code = faultCode(error);
    if (code === 'node_unreachable' || code === 'not_found' || code === 'no_such_instance') return '';
    throw error;
  }
}

/** What the guest printed since its last boot. Its control characters never reach the operator's terminal: they are a guest's. */
function guestLines(log: string): readonly string[] {
  const lastBoot = [...log.matchAll(bootMarker)].at(-1)?.index ?? 0;
  return createGuestTextFilter()(log.slice(lastBoot))
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => line !== '')
    .slice(0, logLinesShown);
}

function showResult(deps: DemoDeps, vm: DemoVm, log: string): void {
  deps.print('The guest says:');
  for (const line of guestLines(log)) deps.print(`  | ${line}`);
  deps.print('');
  deps.print(renderDemoTable([vm]));
}
