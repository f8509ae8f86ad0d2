import type { DiskSpec, VmSpec } from './spec.ts';

/** A disk as the process sees it; `ephemeral` only says what may happen after the loss of a node. */
export type DiskIdentity = Omit<DiskSpec, 'ephemeral'>;

/**
 * The resolved fields that reach the process or its disks: what `spec_hash` is the hash of (spec §2). Headroom is in
 * it, because a process is started with it; labels, policies, checks, placement and stop rules are not: their change
 * costs nothing.
 */
export interface SpecIdentity
  extends Omit<
    VmSpec,
    | 'disks'
    | 'placement'
    | 'restartPolicy'
    | 'nodeLossPolicy'
    | 'driftPolicy'
    | 'onUnresponsive'
    | 'stop'
    | 'healthChecks'
    | 'startAtBoot'
    | 'bootOrder'
    | 'dependsOn'
    | 'deletionProtection'
  > {
  readonly disks: readonly DiskIdentity[];
}

/**
 * What of a spec a running process can differ in. A field added to `VmSpec` is part of it until it is taken out here.
 */
export function specIdentity(spec: VmSpec): SpecIdentity {
  const {
    placement: _placement,
    restartPolicy: _restartPolicy,
    nodeLossPolicy: _nodeLossPolicy,
    driftPolicy: _driftPolicy,
    onUnresponsive: _onUnresponsive,
    stop: _stop,
    healthChecks: _healthChecks,
    startAtBoot: _startAtBoot,
    bootOrder: _bootOrder,
    dependsOn: _dependsOn,
    deletionProtection: _deletionProtection,
    disks,
    ...reached
  } = spec;
  return { ...reached, disks: disks.map(({ ephemeral: _ephemeral, ...disk }) => disk) };
}
