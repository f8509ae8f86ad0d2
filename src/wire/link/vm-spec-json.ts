/**
 * Specifications and assignment entries as JSON: the body of the wire (addressed by its hash) and of the agent's journal.
 * The writer's form is the domain object itself; the reader is total and versioned by the fields it requires.
 */
import type { DesiredVm } from '../../core/instance/desired.ts';
import type { HealthCheckSpec, HealthProbe, NicSpec, VmSpec } from '../../core/instance/spec.ts';
import type { Uid } from '../../core/kit/brand.ts';
import { boolean, branded, dict, integer, list, nullable, object, oneOf, orElse, text, union } from './decode.ts';

const decodeNic = object<NicSpec>({
  name: text,
  network: text,
  mac: text,
  forwards: list(object({ protocol: oneOf('tcp', 'udp'), hostIp: text, hostPort: integer, guestPort: integer })),
});

const decodeProbe = union<HealthProbe>({
  tcp: object({ port: integer }),
  http: object({ port: integer, path: text }),
  command: object({ command: list(text) }),
});

const decodeHealthCheck = object<HealthCheckSpec>({
  name: text,
  probe: decodeProbe,
  intervalSeconds: integer,
  timeoutSeconds: integer,
  retries: integer,
});

export const decodeVmSpec = object<VmSpec>({
  cpuCores: integer,
  memoryMib: integer,
  cpuCoresMax: nullable(integer),
  memoryMaxMib: nullable(integer),
  imageUrl: nullable(text),
  imageSha256: nullable(text),
  imageFormat: nullable(oneOf('qcow2', 'raw')),
  kernel: nullable(text),
  kernelSha256: nullable(text),
  initrd: nullable(text),
  initrdSha256: nullable(text),
  cmdline: nullable(text),
  diskGib: nullable(integer),
  disks: list(object({ name: text, sizeGib: integer, pool: text, ephemeral: boolean, readOnly: boolean })),
  nics: list(decodeNic),
  architecture: oneOf('amd64', 'arm64'),
  firmwareId: oneOf('seabios', 'ovmf'),
  machine: oneOf('q35', 'microvm'),
  accel: oneOf('auto', 'kvm', 'tcg'),
  runtime: oneOf('qemu', 'cloud_hypervisor'),
  cloudInit: nullable(
    object({
      userData: nullable(text),
      networkConfig: nullable(text),
      sshAuthorizedKeys: list(text),
      hostname: nullable(text),
    }),
  ),
  placement: object({ node: nullable(text), selector: dict(text), preferred: dict(text), affinityGroups: list(text) }),
  restartPolicy: oneOf('never', 'on_failure', 'always'),
  nodeLossPolicy: oneOf('pin', 'restart_elsewhere'),
  driftPolicy: oneOf('correct', 'detect'),
  onUnresponsive: oneOf('report', 'restart'),
  stop: object({ graceSeconds: integer, onTimeout: oneOf('kill', 'fail') }),
  healthChecks: list(decodeHealthCheck),
  startAtBoot: boolean,
  bootOrder: integer,
  dependsOn: list(text),
  deletionProtection: boolean,
});

export const decodeDesired = object<DesiredVm>({
  uid: branded<Uid>(),
  name: text,
  generation: integer,
  placement: integer,
  desiredPhase: oneOf('running', 'stopped', 'deleted', 'released'),
  desiredPaused: boolean,
  run: integer,
  changeRuns: orElse(integer, 0),
  stopMode: oneOf('graceful', 'forced'),
  spec: decodeVmSpec,
  specHash: text,
  pinnedImages: dict(text),
});
