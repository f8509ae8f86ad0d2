/**
 * No disk is lost unless its user was asked, by the store that orders it: what a node did to the disks of an instance is compared
 * with the orders that it was told. A store that was restored knows less than its nodes, and has asked nobody (spec §9, §10).
 */
import type { FakeInstanceFiles } from '../../adapters/runtime/fake/fake-world.ts';
import type { DesiredVm } from '../../core/instance/desired.ts';
import type { Assignment } from '../../core/node/assignment.ts';
import { imageDigest, imageUrls } from '../images.ts';
import type { SimWorld } from '../sim-world.ts';
import type { Checker } from './checker.ts';

export interface DisksAsked extends Checker {
  look(atMs: number, node: string, assignment: Assignment): void;
}

/** What a node was told of an instance. */
interface Told {
  /** Which store's order it was last; null: none named it since. */
  by: string | null;
  image: string | null;
  /** Whoever changed the image to this one was asked; nobody is about the first one, which makes the disk. */
  isAsked: boolean;
  disks: readonly string[];
  /** Disks that an order took out, which the one before it named. */
  readonly takenOut: Set<string>;
  /** When a disk that was taken out was named again: its removal may be under way. */
  readonly namedAgainAt: Map<string, number>;
}

interface Seen {
  readonly files: FakeInstanceFiles;
  readonly madeAs: string | null;
  readonly disks: readonly string[];
}

/** An effect that was begun for the order before is over by then. */
const effectMs = 600_000;

export function createDisksAsked(): DisksAsked {
  const told = new Map<string, Told>();
  const seen = new Map<string, Seen>();
  return {
    name: 'disks-asked',
    look(atMs, node, { clusterId, at, instances }) {
      const named = new Set(instances.map(({ uid }) => `${node} ${uid}`));
      for (const [key, each] of told) if (key.startsWith(`${node} `) && !named.has(key)) each.by = null;
      for (const order of instances) {
        const key = `${node} ${order.uid}`;
        told.set(key, heard(told.get(key) ?? null, order, `${clusterId} ${at.epoch}`, atMs));
      }
    },
    afterStep(world) {
      for (const node of world.nodes) {
        for (const [uid, files] of node.world.instances) {
          const key = `${node.name} ${uid}`;
          const before = seen.get(key);
          const now: Seen = { files, madeAs: files.root?.madeAs ?? null, disks: [...files.diskGib.keys()] };
          seen.set(key, now);
          if (before?.files !== files) continue;
          const lost = whatWasLost(world, told.get(key) ?? null, before, now);
          if (lost !== null) return `${files.name} on ${node.name} lost ${lost}, and its user was not asked`;
        }
      }
      return null;
    },
  };
}

function heard(before: Told | null, { spec }: DesiredVm, by: string, atMs: number): Told {
  const image = spec.imageUrl === null ? null : `${spec.imageUrl} ${spec.imageSha256}`;
  const disks = spec.disks.map(({ name }) => name);
  if (before === null) {
    return { by, image, isAsked: true, disks, takenOut: new Set(), namedAgainAt: new Map() };
  }
  const isOther = before.by !== by;
  if (before.image !== image) before.isAsked = !isOther && (before.isAsked || before.image !== null);
  if (!isOther) for (const disk of before.disks) if (!disks.includes(disk)) before.takenOut.add(disk);
  for (const disk of disks) if (before.takenOut.delete(disk)) before.namedAgainAt.set(disk, atMs);
  Object.assign(before, { by, image, disks });
  return before;
}

function whatWasLost(world: SimWorld, told: Told | null, before: Seen, now: Seen): string | null {
  const { root } = now.files;
  if (before.madeAs !== null && root !== null && root.madeAs !== before.madeAs) {
    const url = imageUrls.find((each) => imageDigest(each) === root.sha256);
    if (told === null || (!told.isAsked && told.image?.startsWith(`${url} `) === true)) return 'its root disk';
  }
  if (before.madeAs !== null && root === null && told?.image === null && !told.isAsked) return 'its root disk';
  for (const disk of before.disks) {
    if (now.disks.includes(disk)) continue;
    const againAt = told?.namedAgainAt.get(disk) ?? -effectMs;
    const isAsked = told?.takenOut.has(disk) === true || world.time.elapsedMs - againAt < effectMs;
    if (!isAsked) return `disk "${disk}"`;
  }
  return null;
}
