/** Ports for forwards with `host_port: 0`: the node chooses them once and keeps them for the life of the forward. */
import type { VmFacts } from '../core/instance/evidence.ts';
import { chosenPort, forwardKey, type VmSpec } from '../core/instance/spec.ts';
import { Fault } from '../core/kit/fault.ts';

export interface PortRange {
  readonly first: number;
  readonly last: number;
}

/**
 * The chosen ports by `forwardKey`: those kept from before, and new ones not in `taken`. Null when the range has
 * no room. `chance` in [0, 1) is where the search begins, so that a port just given back is not handed out at once.
 */
export function chooseHostPorts(
  spec: VmSpec,
  kept: Readonly<Record<string, number>>,
  taken: ReadonlySet<number>,
  range: PortRange,
  chance: number,
): Readonly<Record<string, number>> | null {
  const chosen: Record<string, number> = {};
  const open = openForwards(spec, kept);
  const declared = portNumbersOf(spec, {});
  const mine = new Set([...declared, ...open.flatMap(({ before }) => before ?? [])]);
  const size = range.last - range.first + 1;
  let next = Math.floor(chance * size);
  for (const { key, before } of open) {
    if (before !== undefined && !declared.includes(before)) {
      chosen[key] = before;
      continue;
    }
    let port: number | null = null;
    for (let tried = 0; tried < size && port === null; tried++, next++) {
      const candidate = range.first + (next % size);
      if (!taken.has(candidate) && !mine.has(candidate)) port = candidate;
    }
    if (port === null) return null;
    chosen[key] = port;
    mine.add(port);
  }
  return chosen;
}

/**
 * The ports that a live process serves for forwards of the node's choice, but for those in `taken`: what only it knows once
 * the journal is lost, or once forwards stand in another order than `before` has them.
 */
export function servedPorts(
  spec: VmSpec,
  nics: VmFacts['nics'],
  range: PortRange,
  { taken, before }: { readonly taken: ReadonlySet<number>; readonly before: Readonly<Record<string, number>> },
): Readonly<Record<string, number>> {
  const served: Record<string, number> = {};
  const given = new Set([...taken, ...portNumbersOf(spec, {})]);
  for (const nic of spec.nics) {
    const live = nics.find(({ name, mac }) => name === nic.name && mac === nic.mac);
    for (const [index, { hostPort, protocol, hostIp, guestPort }] of nic.forwards.entries()) {
      const key = forwardKey(nic, index);
      const alike = (live?.forwards ?? []).filter(
        (one) =>
          one.protocol === protocol &&
          one.hostIp === hostIp &&
          one.guestPort === guestPort &&
          one.hostPort >= range.first &&
          one.hostPort <= range.last &&
          !given.has(one.hostPort),
      );
      const found = alike.find((one) => one.hostPort === chosenPort(nic, index, before)) ?? alike[0];
      if (hostPort !== 0 || found === undefined) continue;
      served[key] = found.hostPort;
      given.add(found.hostPort);
    }
  }
  return served;
}

/** The chosen ports but for the one that a `port_conflict` speaks of; where it does not say which, all are chosen anew. */
export function withoutTaken(
  chosen: Readonly<Record<string, number>>,
  conflict: unknown,
): Readonly<Record<string, number>> {
  const taken = conflict instanceof Fault ? conflict.details['host_port'] : undefined;
  if (typeof taken !== 'number') return {};
  return Object.fromEntries(Object.entries(chosen).filter(([, port]) => port !== taken));
}

/** Whether the node has any port to choose. */
export const hasOpenForwards = (spec: VmSpec): boolean => openForwards(spec, {}).length > 0;

/** Forwards whose port is the node's choice, each with the one it had before. */
function openForwards(spec: VmSpec, kept: Readonly<Record<string, number>>) {
  return spec.nics.flatMap((nic) =>
    nic.forwards.flatMap((forward, index) =>
      forward.hostPort === 0 ? [{ key: forwardKey(nic, index), before: chosenPort(nic, index, kept) }] : [],
    ),
  );
}

/** Numbers of the host ports of one instance: declared and chosen. */
export function portNumbersOf(spec: VmSpec, chosen: Readonly<Record<string, number>>): readonly number[] {
  const declared = spec.nics.flatMap((nic) =>
    nic.forwards.map(({ hostPort }) => hostPort).filter((port) => port !== 0),
  );
  return [...declared, ...Object.values(chosen)];
}
