/**
 * Where an unplaced instance goes, on the nodes there are: the node it names, else the first ready one (by name) whose
 * labels
 * match. Deterministic and independent of the order of the nodes (S14). Host ports are a resource of the node.
 */
import type { NicSpec, PlacementSpec, VmSpec } from '../instance/spec.ts';
import type { NodeHealth } from '../node/node-health.ts';
import type { PendingCode } from './placement.ts';

/** A node as placement sees it. */
export interface PlacementNode {
  readonly name: string;
  readonly health: NodeHealth;
  readonly labels: Readonly<Record<string, string>>;
  /** Instances placed on it, for spreading. */
  readonly instances: number;
  /** Whether another instance holds this host port; see `hostPortKeys`. */
  hasPort(key: string): boolean;
}

export type PlacementDecision =
  | { readonly kind: 'place'; readonly node: string }
  | { readonly kind: 'pending'; readonly code: PendingCode; readonly message: string };

export function decidePlacement(spec: VmSpec, nodes: readonly PlacementNode[]): PlacementDecision {
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
  const ports = hostPortKeys(spec.nics);
  const free = ready.filter((node) => !ports.some((key) => node.hasPort(key)));
  if (free.length === 0)
    return pending('port_conflict', `Host port ${takenPort(ready, ports)} is taken on every fitting node`);
  const best = free.toSorted(byPreference(spec.placement))[0];
  return best === undefined ? pending('no_nodes', 'No node is ready') : { kind: 'place', node: best.name };
}

function pending(code: PendingCode, message: string): PlacementDecision {
  return { kind: 'pending', code, message };
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

/** Fixed host ports as keys `tcp/127.0.0.1/8080`; a port that the node chooses cannot conflict. */
export function hostPortKeys(nics: readonly NicSpec[]): readonly string[] {
  return nics.flatMap((nic) =>
    nic.forwards
      .filter(({ hostPort }) => hostPort !== 0)
      .map(({ protocol, hostIp, hostPort }) => `${protocol}/${hostIp}/${hostPort}`),
  );
}

function takenPort(nodes: readonly PlacementNode[], ports: readonly string[]): string {
  return ports.find((key) => nodes.some((node) => node.hasPort(key))) ?? '';
}
