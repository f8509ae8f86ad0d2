/**
 * Where an unplaced instance goes, on the nodes there are: the node it names, else the best ready one whose labels match,
 * whose host ports are free and which has the cpu and memory. Deterministic and independent of the order of the nodes
 * (S14).
 */
import type { PlacementSpec, VmSpec } from '../instance/spec.ts';
import type { JsonObject } from '../kit/json.ts';
import type { NodeHealth } from '../node/node-health.ts';
import { type HostPort, hostPortsOf, hostPortText } from './host-ports.ts';
import type { PendingCode } from './placement.ts';
import {
  type CapacityLimits,
  demandOf,
  type Resources,
  resourceFields,
  resourcesText,
  shortageOf,
} from './resources.ts';

/** A node as placement sees it. */
export interface PlacementNode {
  readonly name: string;
  readonly health: NodeHealth;
  readonly labels: Readonly<Record<string, string>>;
  /** Instances placed on it, for spreading. */
  readonly instances: number;
  /** What it can still promise; below zero where it was promised more than it has now. */
  readonly free: Resources;
  /** Whether another instance holds a host port that clashes with this one. */
  hasPort(port: HostPort): boolean;
}

export type PlacementDecision =
  | { readonly kind: 'place'; readonly node: string }
  | {
      readonly kind: 'pending';
      readonly code: PendingCode;
      readonly message: string;
      /** What a program would want to know of it. */
      readonly details?: JsonObject;
    };

export function decidePlacement(
  spec: VmSpec,
  nodes: readonly PlacementNode[],
  limits: CapacityLimits,
): PlacementDecision {
  if (nodes.length === 0) return pending('no_nodes', 'No node has joined the cluster');
  const wanted = spec.placement.node;
  const named = wanted === null ? nodes : nodes.filter(({ name }) => name === wanted);
  if (named.length === 0) return pending('node_not_found', `No node is called "${wanted}"`);
  const matching = named.filter(({ labels }) => matches(spec.placement, labels));
  if (matching.length === 0) return pending('selector_unmatched', 'No node has the labels of placement.selector');
  const ready = matching.filter(({ health }) => health === 'ready');
  if (ready.length === 0) {
    if (wanted !== null) return pending('node_not_ready', `Node "${wanted}" is not ready`);
    return pending('no_nodes', `None of ${matching.length} fitting nodes is ready`);
  }
  const ports = hostPortsOf(spec.nics);
  const open = ready.filter((node) => !ports.some((port) => node.hasPort(port)));
  if (open.length === 0) {
    const taken = ports.find((port) => ready.some((node) => node.hasPort(port)));
    return pending(
      'port_conflict',
      `Host port ${taken === undefined ? '' : hostPortText(taken)} is taken on every fitting node`,
    );
  }
  const demand = demandOf(spec, limits);
  const roomy = open.filter(({ free }) => shortageOf(demand, free) === null);
  const best = roomy.toSorted(byPreference(spec.placement))[0];
  return best === undefined ? noRoom(demand, open, limits) : { kind: 'place', node: best.name };
}

function pending(code: PendingCode, message: string): PlacementDecision {
  return { kind: 'pending', code, message };
}

/** Names the node that lacks least: memory first, it is what cannot be shared. */
function noRoom(demand: Resources, nodes: readonly PlacementNode[], { vmOverhead }: CapacityLimits): PlacementDecision {
  const [closest] = nodes
    .flatMap(({ name, free }) => ({ name, free, short: shortageOf(demand, free) ?? demand }))
    .toSorted(
      (a, b) =>
        a.short.memoryMib - b.short.memoryMib || a.short.cpuCores - b.short.cpuCores || (a.name < b.name ? -1 : 1),
    );
  if (closest === undefined) return pending('no_nodes', 'No node is ready');
  const { name, free, short } = closest;
  const overhead = resourcesText(vmOverhead);
  const needs = `${resourcesText(demand)}${overhead === '' ? '' : ` (overhead of ${overhead} included)`}`;
  return {
    kind: 'pending',
    code: 'insufficient_resources',
    message: `No fitting node has room for ${needs}; node "${name}" is short of ${resourcesText(short)}`,
    details: { node: name, demand: resourceFields(demand), free: resourceFields(free), short: resourceFields(short) },
  };
}

function matches({ selector }: PlacementSpec, labels: Readonly<Record<string, string>>): boolean {
  return Object.entries(selector).every(([key, value]) => Object.hasOwn(labels, key) && labels[key] === value);
}

/** Most preferred labels first, then the emptiest, then by name. */
function byPreference({ preferred }: PlacementSpec) {
  const score = (node: PlacementNode): number =>
    Object.entries(preferred).filter(([key, value]) => Object.hasOwn(node.labels, key) && node.labels[key] === value)
      .length;
  return (a: PlacementNode, b: PlacementNode): number =>
    score(b) - score(a) || a.instances - b.instances || (a.name < b.name ? -1 : 1);
}
