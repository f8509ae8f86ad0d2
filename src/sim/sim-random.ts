import type { Random } from '../ports/random.ts';

/** A stream of chance of its own: what one concern draws never shifts what another gets. */
export interface SimRandom extends Random {
  /** A whole number in [0, below). */
  int(below: number): number;
  /** A whole number in [low, high]. */
  between(low: number, high: number): number;
  chance(probability: number): boolean;
  pick<T>(list: readonly T[]): T;
  /** A stream named below this one; the same name gives the same stream. `nowMs`: the clock of whoever draws from it. */
  stream(name: string, nowMs?: () => number): SimRandom;
}

/** All chance of one world comes from its seed. `nowMs` is the time that is minted into UUIDs. */
export function createSimRandom(seed: string, nowMs: () => number): SimRandom {
  let state = hashText(seed);
  let minted = 0;
  const next32 = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return (t ^ (t >>> 14)) >>> 0;
  };
  const word = (): string => next32().toString(16).padStart(8, '0');
  const random: SimRandom = {
    next: () => next32() / 2 ** 32,
    hex: (bytes) =>
      Array.from({ length: Math.ceil(bytes / 4) }, word)
        .join('')
        .slice(0, bytes * 2),
    uuid() {
      minted = (minted + 1) & 0xfff;
      const time = nowMs().toString(16).padStart(12, '0');
      const tail = `${minted.toString(16).padStart(3, '0')}`;
      const variant = ((next32() & 0x3fff) | 0x8000).toString(16);
      return `${time.slice(0, 8)}-${time.slice(8)}-7${tail}-${variant}-${word()}${word().slice(4)}`;
    },
    int: (below) => Math.floor(random.next() * below),
    between: (low, high) => low + random.int(high - low + 1),
    chance: (probability) => random.next() < probability,
    pick(list) {
      const found = list[random.int(list.length)];
      if (found === undefined) throw new Error('Cannot pick from an empty list');
      return found;
    },
    stream: (name, ownNowMs = nowMs) => createSimRandom(`${seed}/${name}`, ownNowMs),
  };
  // The first words of neighbouring seeds resemble each other; later ones do not.
  for (let i = 0; i < 4; i++) next32();
  return random;
}

/** FNV-1a, 32 bits. */
function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash | 0;
}
