/** What the VMs placed on one node hold of it: host ports, cores, memory. Kept while VMs come, change and go. */
import type { TimeMs, Uid } from '../core/kit/brand.ts';
import { bothClaims, type Claim } from '../core/placement/claim.ts';
import { type HostPort, portsClash } from '../core/placement/host-ports.ts';
import { type CapacityLimits, minus, nothing, plus, type Resources } from '../core/placement/resources.ts';
import { claimKey, put } from './rows.ts';

/** `running`: the part of it that a live process has, whatever is ordered; null = none lives. */
interface Held {
  readonly claim: Claim;
  readonly running: Claim | null;
}

export class NodeClaims {
  readonly #held = new Map<Uid, Held>();
  /** By protocol and number: addresses are few. */
  readonly #ports = new Map<string, { readonly uid: Uid; readonly port: HostPort }[]>();
  #used: Resources = nothing;

  /** Revision of the row that everybody writes who takes room of the node; see `claimGuard`. */
  revision = 0;

  get instances(): number {
    return this.#held.size;
  }

  /** How much more the VM would hold if this were ordered of it. */
  growthOf(uid: Uid, ordered: Claim): Resources {
    const held = this.#held.get(uid);
    return minus(bothClaims(ordered, held?.running ?? null), held?.claim ?? nothing);
  }

  hold(uid: Uid, ordered: Claim, running: Claim | null = null): void {
    this.release(uid);
    const claim = bothClaims(ordered, running);
    this.#held.set(uid, { claim, running });
    this.#used = plus(this.#used, claim);
    for (const port of claim.ports) {
      const key = keyOf(port);
      const holders = this.#ports.get(key);
      if (holders === undefined) this.#ports.set(key, [{ uid, port }]);
      else holders.push({ uid, port });
    }
  }

  release(uid: Uid): void {
    const claim = this.#held.get(uid)?.claim;
    if (claim === undefined) return;
    this.#held.delete(uid);
    this.#used = minus(this.#used, claim);
    for (const port of claim.ports) {
      const others = (this.#ports.get(keyOf(port)) ?? []).filter((holder) => holder.uid !== uid);
      if (others.length === 0) this.#ports.delete(keyOf(port));
      else this.#ports.set(keyOf(port), others);
    }
  }

  /** Overhead of each VM included. */
  allocated(limits: CapacityLimits): Resources {
    const { vmOverhead } = limits;
    return plus(this.#used, {
      cpuCores: vmOverhead.cpuCores * this.#held.size,
      memoryMib: vmOverhead.memoryMib * this.#held.size,
    });
  }

  /** A VM whose host port clashes with this one; those of `except` do not count. */
  portHolder(port: HostPort, except: (uid: Uid) => boolean = () => false): Uid | undefined {
    return this.#ports.get(keyOf(port))?.find((held) => !except(held.uid) && portsClash(held.port, port))?.uid;
  }
}

/** The claims of a node as others may read them. */
export type ReadClaims = Pick<NodeClaims, 'instances' | 'revision' | 'allocated' | 'portHolder' | 'growthOf'>;

/**
 * Room of a node is taken by the scheduler and by changes of VMs, each judging by the claims it read. All of them rewrite
 * one row of the node on the condition that it is as old as those claims, so that no two take the same room.
 */
export function claimGuard({ revision }: Pick<ReadClaims, 'revision'>, node: string, now: TimeMs) {
  return { expect: { key: claimKey(node), modRevision: revision }, put: put(claimKey(node), { node, at: now }) };
}

const keyOf = ({ protocol, hostPort }: HostPort): string => `${protocol}/${hostPort}`;
