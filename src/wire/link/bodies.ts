/**
 * Specifications travel by hash (architecture rule 5): a body is sent once in a session and direction. Sender and receiver
 * keep the same set; when it grows past `bodiesKeptMax` the sender says so and both begin anew.
 */
import { createHash } from 'node:crypto';
import type { VmSpec } from '../../core/instance/spec.ts';
import { Undecodable } from './decode.ts';
import { decodeVmSpec } from './vm-spec-json.ts';

/** Bodies one session remembers per direction: twice the instances of the largest node meant (10,000). */
export const bodiesKeptMax = 20_000;

/** Bytes of sha256 that name a body: enough that no two ever meet by accident. */
const hashBytes = 16;

export interface SpecBody {
  /** The hash as hexadecimal text, for maps. */
  readonly key: string;
  readonly json: Uint8Array;
}

/** Only the keys are remembered: bodies are sent once, and ten thousand would be 10 MB. */
const keys = new WeakMap<VmSpec, string>();

export function bodyOf(spec: VmSpec): SpecBody {
  const json = new TextEncoder().encode(JSON.stringify(spec));
  const key = keys.get(spec) ?? keyOfBody(json);
  keys.set(spec, key);
  return { key, json };
}

/** The name of a specification's body; computed once per object. */
export const bodyKeyOf = (spec: VmSpec): string => keys.get(spec) ?? bodyOf(spec).key;

const keyOfBody = (json: Uint8Array): string =>
  createHash('sha256').update(json).digest().subarray(0, hashBytes).toString('hex');

export const hashOfKey = (key: string): Uint8Array => Uint8Array.from(Buffer.from(key, 'hex'));
export const keyOfHash = (hash: Uint8Array): string => Buffer.from(hash).toString('hex');

/** What has been sent to the other side of one session. */
export interface SentBodies {
  /** The bodies of these specifications that the other side lacks; from now on it has them. */
  take(specs: readonly VmSpec[]): { readonly bodies: readonly SpecBody[]; readonly forget: boolean };
}

/** `have`: hashes the other side said it holds. */
export function createSentBodies(have: readonly string[] = []): SentBodies {
  const sent = new Set(have);
  return {
    take(specs) {
      const forget = sent.size > bodiesKeptMax;
      if (forget) sent.clear();
      const bodies: SpecBody[] = [];
      for (const spec of specs) {
        const key = bodyKeyOf(spec);
        if (sent.has(key)) continue;
        sent.add(key);
        bodies.push(bodyOf(spec));
      }
      return { bodies, forget };
    },
  };
}

/** What has been received; keeps one object per hash, so that equal specifications are the same object. */
export interface KeptBodies {
  forget(): void;
  /** Throws `Undecodable` for a body that is not what its hash says. */
  keep(hash: Uint8Array, json: Uint8Array): void;
  /** Whether the body of this hash came, in words that this version has or not. */
  has(hash: Uint8Array): boolean;
  /** Throws `Undecodable` for a hash whose body never came, and for a body in words that this version does not have. */
  find(hash: Uint8Array): VmSpec;
  keys(): readonly string[];
}

export function createKeptBodies(): KeptBodies {
  const kept = new Map<string, VmSpec | Undecodable>();
  return {
    forget: () => kept.clear(),
    keep(hash, json) {
      const key = keyOfHash(hash);
      if (keyOfBody(json) !== key) throw new Undecodable('body', 'what its hash says');
      kept.set(key, specOrReason(JSON.parse(new TextDecoder().decode(json))));
    },
    has: (hash) => kept.has(keyOfHash(hash)),
    find(hash) {
      const spec = kept.get(keyOfHash(hash)) ?? new Undecodable('body', 'a body that was sent');
      if (spec instanceof Undecodable) throw spec;
      return spec;
    },
    keys: () => [...kept.keys()],
  };
}

/** One body in words of a newer side costs whoever names it, not the message it came in. */
function specOrReason(json: unknown): VmSpec | Undecodable {
  try {
    return decodeVmSpec(json, 'spec');
  } catch (error) {
    if (error instanceof Undecodable) return error;
    throw error;
  }
}
