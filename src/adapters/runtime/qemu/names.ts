import { createHash } from 'node:crypto';
import type { Uid } from '../../../core/kit/brand.ts';

/**
 * Names inside one QEMU. They are derived from what the user named, never from positions, so that a disk keeps its
 * names when another one is added or removed. Block node names are limited to 31 characters, hence the hash.
 */
export const ROOT_NODE = 'root';
export const SEED_NODE = 'seed';
export const BALLOON_ID = 'balloon0';
export const MEMORY_ID = 'vmem0';
/**
 * Free PCIe root ports for disks and NICs added in place: each costs the guest some boot time, four is what people
 * add.
 */
export const ROOT_PORTS = ['rp0', 'rp1', 'rp2', 'rp3'] as const;

export const diskDevice = (name: string): string => `disk-${name}`;
export const diskNode = (name: string): string =>
  `disk-${createHash('sha256').update(name).digest('hex').slice(0, 16)}`;
/** What the guest sees in /dev/disk/by-id; virtio allows 20 characters. */
export const diskSerial = (name: string): string => name.slice(0, 20);
export const nicDevice = (name: string): string => `nic-${name}`;
export const netdevId = (name: string): string => `net-${name}`;

/** 2^28 user ids that no distribution hands out (systemd's list ends at 1879048191). */
export const FIRST_USER_ID = 1_879_048_192;
export const USER_ID_COUNT = 2 ** 28;

/** Each instance runs under a user of its own, so that a broken-out hypervisor owns nothing but its own disks. */
export function instanceUser(uid: Uid): { readonly uid: number; readonly gid: number } {
  const hash = createHash('sha256').update(uid).digest();
  const id = FIRST_USER_ID + (hash.readUInt32BE(0) % USER_ID_COUNT);
  return { uid: id, gid: id };
}
