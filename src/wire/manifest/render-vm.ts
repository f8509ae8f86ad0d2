/**
 * VM → document. `renderVmText` is what `GET` and `-o json` show: every field, defaults resolved, in the order of the
 * specification's examples. `renderDeclared` is what `get -o yaml` shows: the fields a user set and nothing else, so
 * that it applies again without loss (spec §5).
 */
import { Document, visit } from 'yaml';
import { timeText } from '../../core/convergence/clock-text.ts';
import type { DeclaredVm } from '../../core/instance/declared.ts';
import type { CloudInitSpec, HealthCheckSpec, NicSpec, VmSpec } from '../../core/instance/spec.ts';
import type { VmRecord } from '../../core/instance/vm-record.ts';
import { exhaustive } from '../../core/kit/exhaustive.ts';
import type { Json, JsonObject } from '../../core/kit/json.ts';
import { hashText } from '../hash-spec.ts';
import { apiVersion, vmKind } from './vm-schema.ts';

/** Texts of cloud-init are shown as they are to those who may edit the instance, else as `sha256:…` (spec §5). */
export type Secrets = 'shown' | 'hidden';

const renderNic = (nic: NicSpec): JsonObject => ({
  name: nic.name,
  network: nic.network,
  mac: nic.mac,
  forwards: nic.forwards.map((forward) => ({
    protocol: forward.protocol,
    host_ip: forward.hostIp,
    host_port: forward.hostPort,
    guest_port: forward.guestPort,
  })),
});

function renderProbe({ probe }: HealthCheckSpec): JsonObject {
  switch (probe.kind) {
    case 'tcp':
      return { tcp: { port: probe.port } };
    case 'http':
      return { http: { port: probe.port, path: probe.path } };
    case 'command':
      return { command: probe.command };
    default:
      return exhaustive(probe);
  }
}

function renderCloudInit(cloudInit: CloudInitSpec, secrets: Secrets): JsonObject {
  const told = (text: string | null): string | null => (text === null || secrets === 'shown' ? text : hashText(text));
  return {
    user_data: told(cloudInit.userData),
    network_config: told(cloudInit.networkConfig),
    ssh_authorized_keys: cloudInit.sshAuthorizedKeys,
    hostname: cloudInit.hostname,
  };
}

/** The resolved spec in snake_case, in the order of printing. Every key of `VmSpec` appears. */
export function renderSpec(spec: VmSpec, secrets: Secrets): JsonObject {
  return {
    cpu_cores: spec.cpuCores,
    memory_mib: spec.memoryMib,
    cpu_cores_max: spec.cpuCoresMax,
    memory_max_mib: spec.memoryMaxMib,
    image_url: spec.imageUrl,
    image_sha256: spec.imageSha256,
    image_format: spec.imageFormat,
    architecture: spec.architecture,
    firmware_id: spec.firmwareId,
    machine: spec.machine,
    accel: spec.accel,
    kernel: spec.kernel,
    kernel_sha256: spec.kernelSha256,
    initrd: spec.initrd,
    initrd_sha256: spec.initrdSha256,
    cmdline: spec.cmdline,
    disk_gib: spec.diskGib,
    disks: spec.disks.map((disk) => ({
      name: disk.name,
      size_gib: disk.sizeGib,
      pool: disk.pool,
      ephemeral: disk.ephemeral,
      read_only: disk.readOnly,
    })),
    nics: spec.nics.map(renderNic),
    cloud_init: spec.cloudInit === null ? null : renderCloudInit(spec.cloudInit, secrets),
    runtime: spec.runtime,
    placement: {
      node: spec.placement.node,
      selector: spec.placement.selector,
      preferred: spec.placement.preferred,
      affinity_groups: spec.placement.affinityGroups,
    },
    restart_policy: spec.restartPolicy,
    node_loss_policy: spec.nodeLossPolicy,
    drift_policy: spec.driftPolicy,
    on_unresponsive: spec.onUnresponsive,
    start_at_boot: spec.startAtBoot,
    boot_order: spec.bootOrder,
    depends_on: spec.dependsOn,
    deletion_protection: spec.deletionProtection,
    stop: { grace_seconds: spec.stop.graceSeconds, on_timeout: spec.stop.onTimeout },
    health_checks: spec.healthChecks.map((check) => ({
      name: check.name,
      ...renderProbe(check),
      interval_seconds: check.intervalSeconds,
      timeout_seconds: check.timeoutSeconds,
      retries: check.retries,
    })),
  };
}

export interface VmDocumentParts {
  readonly record: VmRecord;
  /** The store's revision of the record. */
  readonly revision: number;
  readonly secrets: Secrets;
  readonly status: JsonObject;
}

/**
 * The whole document of `GET /v1/vms/{name}` as JSON text. Its parts are written one after the other: to copy sixty fields
 * into one object would cost more than to write them.
 */
export function renderVmText(parts: VmDocumentParts): string {
  const head = JSON.stringify(renderHead(parts.record));
  const spec = JSON.stringify(renderSpec(parts.record.spec, parts.secrets));
  const tail = JSON.stringify(renderTail(parts));
  return `${head.slice(0, -1)},${spec.slice(1, -1)},${tail.slice(1)}`;
}

function renderHead(vm: VmRecord): JsonObject {
  return {
    api_version: apiVersion,
    kind: vmKind,
    name: vm.name,
    uid: vm.uid,
    labels: vm.labels,
    annotations: vm.annotations,
    description: vm.description,
    managed_by: vm.managedBy,
    desired_phase: vm.desiredPhase,
    desired_paused: vm.desiredPaused,
    run: vm.run,
    stop_mode: vm.stopMode,
  };
}

function renderTail({ record: vm, revision, status }: VmDocumentParts): JsonObject {
  return {
    generation: vm.generation,
    revision,
    spec_hash: vm.specHash,
    created_at: timeText(vm.createdAt),
    updated_at: timeText(vm.updatedAt),
    status,
  };
}

/** What a user set, as a manifest document. `uid`, when given, ties it to that very instance. */
export function renderDeclared(declared: DeclaredVm, uid?: string): JsonObject {
  const identity: Record<string, Json> = { api_version: apiVersion, kind: vmKind, name: declared.name };
  if (uid !== undefined) identity['uid'] = uid;
  return { ...identity, ...(declared as unknown as JsonObject) };
}

/**
 * Whether a block (`|`) holds the text as it is. Lines of white space and an indented beginning are read differently by
 * different libraries, so such texts are written in double quotes.
 */
const fitsBlock = (text: string): boolean => !/^[ \t]+$/m.test(text) && !/^\n*[ \t]/.test(text) && !text.includes('\r');

/** Documents as YAML text, `---` between them. Reading it back gives the same values. */
export function renderYaml(documents: readonly JsonObject[]): string {
  const texts = documents.map((value) => {
    // Version 1.1 words (`yes`, `on`, `012`) are quoted too, so that other tools read the same text the same way.
    const document = new Document(value, { compat: 'yaml-1.1', aliasDuplicateObjects: false });
    visit(document, {
      Scalar(_key, node) {
        if (typeof node.value === 'string' && !fitsBlock(node.value)) node.type = 'QUOTE_DOUBLE';
      },
    });
    // Escapes, never real line breaks, within quotes.
    return document.toString({ lineWidth: 0, doubleQuotedMinMultiLineLength: Number.MAX_SAFE_INTEGER });
  });
  return texts.join('---\n');
}
