/**
 * What provably runs, as a specification: what the process was started from, overlaid by the facts its monitor gave. It is
 * the truth behind both `status.running_hash` and drift (spec §2, S11), so that the two can never disagree.
 *
 * One thing has several spellings: 0 and the host port that the node chose for it, disks in another order. Where fact and
 * order mean the same, the order's spelling stands, else that of the start. No difference comes of spelling, and a
 * difference is never hidden by it.
 */
import { gibBytes } from '../kit/gib-bytes.ts';
import type { Json } from '../kit/json.ts';
import { sameJson } from '../kit/same-json.ts';
import type { VmFacts } from './evidence.ts';
import { hostPortOf, type VmSpec } from './spec.ts';

/** A hash that equals no other: what an adopted process was started from is not known. */
export const unknownHash = 'unknown';

/** What is known of a process: what it was started from, and what its monitor said; null = it never spoke. */
export interface ProvedProcess {
  readonly started: VmSpec;
  readonly facts: Omit<VmFacts, 'metrics'> | null;
  readonly hostPorts: Readonly<Record<string, number>>;
}

type Facts = NonNullable<ProvedProcess['facts']>;

export function runningSpec({ started, facts, hostPorts }: ProvedProcess, desired: VmSpec): VmSpec {
  if (facts === null) return started;
  const disks = overlayDisks(started.disks, facts.disks, desired.disks);
  const nics = overlayNics(started.nics, facts.nics, desired.nics);
  return {
    ...started,
    cpuCores: facts.cpuCores,
    memoryMib: facts.memoryMib,
    diskGib: rootGib(started, desired, facts),
    disks: spelledAs([desired.disks, started.disks], disks, disksForm),
    nics: spelledAs([desired.nics, started.nics], nics, (some) => nicsForm(some, hostPorts)),
  };
}

/** The first spelling that means what is there. Mostly it is written as ordered, and then nothing needs to be brought into form. */
function spelledAs<T>(spellings: readonly [T, T], there: T, form: (some: T) => Json): T {
  if (sameJson(spellings[0], there)) return spellings[0];
  const wanted = form(there);
  return spellings.find((spelling) => sameJson(form(spelling), wanted)) ?? there;
}

/** Disks in one spelling. They are compared as sets; `ephemeral` only says what may happen after the loss of a node. */
export function disksForm(disks: VmSpec['disks']): Json {
  return disks
    .map(({ name, sizeGib, pool, readOnly }) => ({ name, size_gib: sizeGib, pool, read_only: readOnly }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** NICs in one spelling: a host port that the node chose stands for the 0 that asked for it. */
export function nicsForm(nics: VmSpec['nics'], hostPorts: Readonly<Record<string, number>>): Json {
  return nics.map((nic) => ({
    name: nic.name,
    network: nic.network,
    mac: nic.mac.toLowerCase(),
    forwards: nic.forwards
      .map((forward, index) => ({
        protocol: forward.protocol,
        host_ip: forward.hostIp,
        host_port: hostPortOf(nic, index, hostPorts) ?? 0,
        guest_port: forward.guestPort,
      }))
      .toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)),
  }));
}

/** A size that nobody asks for is that of the image, whatever it is; one that is asked for is compared with the disk itself. */
function rootGib(started: VmSpec, desired: VmSpec, { rootDiskBytes }: Facts): number | null {
  return desired.diskGib === null || rootDiskBytes === null ? started.diskGib : Math.floor(rootDiskBytes / gibBytes);
}

/** The monitor knows names and sizes; the rest of a disk is as it was started, or as it is declared if it was plugged in. */
function overlayDisks(started: VmSpec['disks'], live: Facts['disks'], desired: VmSpec['disks']): VmSpec['disks'] {
  return live.map(({ name, sizeGib }) => {
    const known = [...started, ...desired].find((disk) => disk.name === name);
    return { ...(known ?? { pool: 'default', ephemeral: false, readOnly: false }), name, sizeGib };
  });
}

/** NICs as they were started, without those taken out; one that was plugged in counts where it is declared. */
function overlayNics(started: VmSpec['nics'], live: Facts['nics'], desired: VmSpec['nics']): VmSpec['nics'] {
  const there = started.flatMap((nic) => {
    const found = live.find(({ name }) => name === nic.name);
    return found === undefined ? [] : [{ ...nic, mac: found.mac, forwards: found.forwards }];
  });
  for (const [index, { name }] of desired.entries()) {
    const plugged = live.find((nic) => nic.name === name);
    if (plugged === undefined || there.some((nic) => nic.name === name)) continue;
    there.splice(index, 0, { ...plugged, network: 'user' });
  }
  return there;
}
