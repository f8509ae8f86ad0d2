/**
 * The cost of changes to disks, NICs and cloud-init: lists are compared by name, so that a new entry is no change of
 * others.
 */
import { type CloudInitSpec, type DiskSpec, type NicSpec, secretCloudInit, type VmSpec } from '../instance/spec.ts';
import type { Json } from '../kit/json.ts';
import { sameJson } from '../kit/same-json.ts';
import type { LiveHeadroom } from './plan-change.ts';
import { type ChangeBecause, type ChangeCost, type PlannedChange, type PlannedValue, shown } from './planned-change.ts';

type Verdict = readonly [ChangeCost, ChangeBecause];

const change = (field: string, from: Json, to: Json, [cost, because]: Verdict): PlannedChange => ({
  field,
  from: shown(from),
  to: shown(to),
  cost,
  because,
  destroys: [],
});

interface Named {
  readonly name: string;
}

/** Whether what both lists hold stands in another order: guests name devices by their order. */
function isReordered(from: readonly Named[], to: readonly Named[]): boolean {
  const kept = from.map(({ name }) => name).filter((name) => to.some((item) => item.name === name));
  const now = to.map(({ name }) => name).filter((name) => kept.includes(name));
  return kept.some((name, index) => name !== now[index]);
}

const names = (items: readonly Named[]): Json => items.map(({ name }) => name);

function planOrder(field: string, from: readonly Named[], to: readonly Named[]): readonly PlannedChange[] {
  return isReordered(from, to) ? [change(field, names(from), names(to), ['restart', 'order_matters'])] : [];
}

const diskDocument = (disk: DiskSpec): Json => ({
  name: disk.name,
  size_gib: disk.sizeGib,
  pool: disk.pool,
  ephemeral: disk.ephemeral,
  read_only: disk.readOnly,
});

function sizeVerdict(from: DiskSpec, to: DiskSpec): Verdict {
  return to.sizeGib > from.sizeGib ? ['in_place', 'grows_in_place'] : ['refused', 'disks_never_shrink'];
}

/** Every field of a disk, with what its change costs; typed by the keys, so that a new field must be decided. */
const diskFields: {
  readonly [Key in Exclude<keyof DiskSpec, 'name'>]: readonly [string, (from: DiskSpec, to: DiskSpec) => Verdict];
} = {
  sizeGib: ['size_gib', sizeVerdict],
  pool: ['pool', () => ['refused', 'disks_never_move']],
  ephemeral: ['ephemeral', () => ['none', 'not_seen_by_guest']],
  readOnly: ['read_only', () => ['restart', 'needs_new_process']],
};

function planDisk(from: DiskSpec, to: DiskSpec, path: string): readonly PlannedChange[] {
  return (Object.keys(diskFields) as (keyof typeof diskFields)[])
    .filter((key) => from[key] !== to[key])
    .map((key) => change(`${path}.${diskFields[key][0]}`, from[key], to[key], diskFields[key][1](from, to)));
}

/** `before`: how many others are plugged first, into the slots that the agent says are left. */
function plugVerdict(live: LiveHeadroom | null, before: number): Verdict {
  if (live === null) return ['restart', 'headroom_unknown'];
  return before < (live.freePorts ?? 0) ? ['in_place', 'plugged_in_place'] : ['restart', 'no_free_port'];
}

/** Disks that no slot holds yet, in the order in which the agent plugs them, before any NIC. */
function unattachedDisks(from: VmSpec, to: VmSpec, live: LiveHeadroom | null): readonly DiskSpec[] {
  const attached = live?.disks ?? from.disks;
  return to.disks.filter(({ name }) => !attached.some((disk) => disk.name === name));
}

/** A disk that was removed but is attached until the next start is taken back with what it holds. */
function newDiskVerdict(disk: DiskSpec, live: LiveHeadroom | null, unattached: readonly DiskSpec[]): Verdict {
  const attached = live?.disks?.find(({ name }) => name === disk.name);
  if (attached === undefined) return plugVerdict(live, unattached.indexOf(disk));
  const differences = planDisk(attached, disk, '');
  for (const cost of ['refused', 'restart', 'in_place'] as const) {
    const found = differences.find((difference) => difference.cost === cost);
    if (found !== undefined) return [cost, found.because];
  }
  return ['none', 'taken_back'];
}

export function planDisks(from: VmSpec, to: VmSpec, live: LiveHeadroom | null): readonly PlannedChange[] {
  const changes: PlannedChange[] = [];
  const unattached = unattachedDisks(from, to, live);
  to.disks.forEach((disk, index) => {
    const old = from.disks.find(({ name }) => name === disk.name);
    if (old !== undefined) {
      changes.push(...planDisk(old, disk, `disks[${index}]`));
      return;
    }
    changes.push(change(`disks[${index}]`, null, diskDocument(disk), newDiskVerdict(disk, live, unattached)));
  });
  from.disks.forEach((disk, index) => {
    if (to.disks.some(({ name }) => name === disk.name)) return;
    const gone = change(`disks[${index}]`, diskDocument(disk), null, ['restart', 'removed_with_its_data']);
    changes.push({ ...gone, destroys: [disk.name] });
  });
  return [...changes, ...planOrder('disks', from.disks, to.disks)];
}

const forwardsDocument = (nic: NicSpec): Json =>
  nic.forwards.map((forward) => ({
    protocol: forward.protocol,
    host_ip: forward.hostIp,
    host_port: forward.hostPort,
    guest_port: forward.guestPort,
  }));

const nicDocument = (nic: NicSpec): Json => ({
  name: nic.name,
  network: nic.network,
  mac: nic.mac,
  forwards: forwardsDocument(nic),
});

/** Every field of a NIC, with its value in documents and what its change costs. */
const nicFields: { readonly [Key in Exclude<keyof NicSpec, 'name'>]: readonly [(nic: NicSpec) => Json, Verdict] } = {
  network: [({ network }) => network, ['restart', 'needs_new_process']],
  mac: [({ mac }) => mac, ['restart', 'needs_new_process']],
  forwards: [forwardsDocument, ['in_place', 'forwarded_in_place']],
};

export function planNics(from: VmSpec, to: VmSpec, live: LiveHeadroom | null): readonly PlannedChange[] {
  const changes: PlannedChange[] = [];
  let takenPorts = unattachedDisks(from, to, live).length;
  to.nics.forEach((nic, index) => {
    const path = `nics[${index}]`;
    const old = from.nics.find(({ name }) => name === nic.name);
    if (old === undefined) {
      changes.push(change(path, null, nicDocument(nic), plugVerdict(live, takenPorts)));
      takenPorts += 1;
      return;
    }
    for (const key of Object.keys(nicFields) as (keyof typeof nicFields)[]) {
      const [read, verdict] = nicFields[key];
      if (!sameJson(read(old), read(nic))) changes.push(change(`${path}.${key}`, read(old), read(nic), verdict));
    }
  });
  from.nics.forEach((nic, index) => {
    if (to.nics.some(({ name }) => name === nic.name)) return;
    changes.push(change(`nics[${index}]`, nicDocument(nic), null, ['restart', 'needs_new_process']));
  });
  return [...changes, ...planOrder('nics', from.nics, to.nics)];
}

/** Every field of cloud-init, with its name in documents. */
const cloudInitFields: { readonly [Key in keyof CloudInitSpec]: string } = {
  userData: 'user_data',
  networkConfig: 'network_config',
  sshAuthorizedKeys: 'ssh_authorized_keys',
  hostname: 'hostname',
};

const noCloudInit: CloudInitSpec = { userData: null, networkConfig: null, sshAuthorizedKeys: [], hostname: null };

function plannedText(cloudInit: CloudInitSpec, key: keyof CloudInitSpec): PlannedValue {
  const secret = secretCloudInit.find((one) => one === key);
  return secret === undefined || cloudInit[key] === null ? shown(cloudInit[key]) : { kind: 'hidden', key: secret };
}

export function planCloudInit(from: VmSpec, to: VmSpec): readonly PlannedChange[] {
  const before = from.cloudInit ?? noCloudInit;
  const after = to.cloudInit ?? noCloudInit;
  const changes = (Object.keys(cloudInitFields) as (keyof CloudInitSpec)[])
    .filter((key) => !sameJson(before[key], after[key]))
    .map((key): PlannedChange => {
      const field = `cloud_init.${cloudInitFields[key]}`;
      const planned = change(field, null, null, ['restart', 'read_at_boot']);
      return { ...planned, from: plannedText(before, key), to: plannedText(after, key) };
    });
  if (changes.length > 0 || (from.cloudInit === null) === (to.cloudInit === null)) return changes;
  // A seed without content comes or goes: nothing to show but that it does.
  const content = (cloudInit: CloudInitSpec | null): Json => (cloudInit === null ? null : {});
  return [change('cloud_init', content(from.cloudInit), content(to.cloudInit), ['restart', 'read_at_boot'])];
}
